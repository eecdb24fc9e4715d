// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/request_start.hh"

#include <algorithm>
#include <cstring>

#include "shunt/base/line_feeds.hh"
#include "shunt/farm/field_text.hh"

namespace shunt::farm {
namespace {

constexpr std::string_view kCookie = "cookie";

/// A line feed alone ends a line too (RFC 9112 2.2).
std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Where the method ends; nothing if no request line begins like this, whatever follows.
std::optional<std::size_t> end_of_method(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && is_token_character(text[end]))
        ++end;
    if (end < text.size() && (end == 0 || text[end] != ' ')) return std::nullopt;
    return end;
}

/// Bytes beyond ASCII stand in no URI, and are passed on by everybody.
bool is_target_character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7F;
}

/// What stands behind the target, its blank too. Of constant length, so that it is compared in a
/// register.
bool is_version(std::string_view text) {
    constexpr std::string_view start = " HTTP/1.";
    return text.size() == start.size() + 1 &&
           std::memcmp(text.data(), start.data(), start.size()) == 0 &&
           (text.back() == '1' || text.back() == '0');
}

/// The target of a whole request line (RFC 9112 3); nothing if it is none of HTTP/1.
std::optional<std::string_view> target_of(std::string_view line) {
    const auto method_end = end_of_method(line);
    if (!method_end || *method_end == line.size()) return std::nullopt;
    const std::string_view rest = line.substr(*method_end + 1);
    std::size_t end = 0;
    while (end < rest.size() && is_target_character(rest[end]))
        ++end;
    if (end == 0 || !is_version(rest.substr(end))) return std::nullopt;
    return rest.substr(0, end);
}

/// No blank stands before the colon (RFC 9112 5.1).
bool is_cookie_field(std::string_view line) {
    const auto is_same = [](char lower, char c) {
        return c == lower || c == static_cast<char>(lower - 'a' + 'A');
    };
    return line.size() > kCookie.size() && line[kCookie.size()] == ':' &&
           std::equal(kCookie.begin(), kCookie.end(), line.begin(), is_same);
}

}  // namespace

RequestStart::RequestStart(ByteView bytes)
    : rest_(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {
    // One empty line before the request line is ignored (RFC 9112 2.2).
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(2);
    if (const auto line = next_line()) {
        target_ = target_of(*line);
        is_over_ = !target_;
    } else {
        is_over_ = rest_ != "\r" && !end_of_method(rest_);
    }
}

std::optional<std::string_view> RequestStart::next_line() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return without_line_end(line);
}

/// The only loop over a whole head: lines that begin otherwise are passed over at their first
/// character.
std::optional<std::string_view> RequestStart::next_cookies() {
    if (is_over_ || !target_) return std::nullopt;
    LineFeeds feeds(rest_);
    const char* at = rest_.data();
    while (const char* feed = feeds.next()) {
        const std::string_view line(at, static_cast<std::size_t>(feed - at));
        const char first = *at;
        at = feed + 1;
        if (first == 'C' || first == 'c') {
            if (!is_cookie_field(line)) continue;
            pass_over(at);
            return without_blanks(without_line_end(line).substr(kCookie.size() + 1));
        }
        if (line.empty() || line == "\r") {
            is_over_ = true;
            break;
        }
    }
    pass_over(at);
    return std::nullopt;
}

void RequestStart::pass_over(const char* end) {
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
}

}  // namespace shunt::farm
