// SPDX-License-Identifier: Apache-2.0
#include "iut/iut_services.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "iut/iut_text.hh"
#include "pdu/session_cookie.hh"

namespace conform {
namespace {

/// Each with the option that it means nothing without.
struct Companion {
    const char* option;
    const char* with;
};
constexpr Companion kCompanions[] = {{"session-redirect", "sessions"},
                                     {"tls-sessions", "control-channel"},
                                     {"objects", "control-channel"}};

constexpr std::size_t kSecretSizeMin = 16;
constexpr std::size_t kClassSizeMax = 255;  // what a u8 counts in 0x40
constexpr std::int64_t kLifetimeMax = 86'400;

/// RFC 6265 4.1.1: a token.
bool is_token(std::string_view text) {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_letter || (c >= '0' && c <= '9') || kOthers.find(c) != std::string_view::npos;
    });
}

/// A last line end is not counted (farm-toml page).
Bytes without_line_end(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    return to_bytes(text);
}

Bytes read_key(IutReader& reader, const std::string& file) {
    const std::string path = reader.text("secret_file");
    const auto farm = static_cast<std::uint64_t>(reader.number("farm_id", 0, INT64_MAX, 1));
    const Bytes secret = without_line_end(
        read_iut_text((std::filesystem::path(file).parent_path() / path).string()));
    if (secret.size() < kSecretSizeMin) {
        reader.fail("secret_file", fmt::format("a file of {} bytes or more", kSecretSizeMin));
    }
    return derive_session_key(secret, farm);
}

void read_sessions(IutReader reader, const std::string& file, TestSessions& sessions) {
    sessions.cookie = reader.text("cookie", sessions.cookie);
    if (!is_token(sessions.cookie)) reader.fail("cookie", "the name of a cookie");
    sessions.key = read_key(reader, file);
    sessions.lifetime = std::chrono::seconds(
        reader.number("lifetime_s", 1, kLifetimeMax, milliseconds_of(sessions.lifetime) / 1'000));
    reader.refuse_others();
}

void read_objects(IutReader reader, TestObjects& objects) {
    objects.class_name = reader.text("class");
    if (objects.class_name.empty() || objects.class_name.size() > kClassSizeMax) {
        reader.fail("class", fmt::format("a name of 1 to {} bytes", kClassSizeMax));
    }
    objects.arguments = to_bytes(reader.text("arguments", ""));
    objects.call = to_bytes(reader.text("call"));
    objects.result = to_bytes(reader.text("result"));
    reader.refuse_others();
}

}  // namespace

void require_companions(IutReader& ics, const Statement& statement) {
    for (const Companion& each : kCompanions) {
        if (!statement.has_option(each.option) || statement.has_option(each.with)) continue;
        ics.fail("options", fmt::format("{} together with {}", each.option, each.with));
    }
}

void read_services(IutReader& ixit, const std::string& file, Iut& iut) {
    auto session = ixit.table("session", iut.statement.has_option("sessions"));
    if (session) read_sessions(std::move(*session), file, iut.sessions);
    auto objects = ixit.table("objects", iut.statement.has_option("objects"));
    if (objects) read_objects(std::move(*objects), iut.objects);
}

}  // namespace conform
