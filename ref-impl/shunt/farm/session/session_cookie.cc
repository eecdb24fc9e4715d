// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/session/session_cookie.hh"

#include <fmt/format.h>

#include <array>
#include <bit>

#include "shunt/base/bytes.hh"
#include "shunt/base/mutant.hh"
#include "shunt/farm/field_text.hh"

namespace shunt::farm {
namespace {

constexpr std::size_t kServerDigits = 8;
constexpr std::size_t kWordDigits = 16;

/// Of a lower-case hex digit its value, of anything else kNoDigit.
constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kDigits = [] {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(kNoDigit);
    for (std::uint8_t value = 0; value < 16; ++value)
        digits[static_cast<std::uint8_t>("0123456789abcdef"[value])] = value;
    return digits;
}();

/// Exactly lower-case hex digits, 16 at most; nothing else is a value of ours.
std::optional<std::uint64_t> read_hex(std::string_view text) {
    std::uint64_t value = 0;
    std::uint64_t seen = 0;
    for (const char c : text) {
        const int lower = is_mutant(Mutant::TakesUpperCase) && c >= 'A' && c <= 'F' ? c + 32 : c;
        const std::uint64_t digit = kDigits[static_cast<std::uint8_t>(lower)];
        seen |= digit;
        value = value << 4 | digit;
    }
    if (seen > 0xF) return std::nullopt;
    return value;
}

/// A tag's words are as SipHash writes them, little-endian; digits stand in the order of bytes.
std::uint64_t in_byte_order(std::uint64_t word) {
    std::uint64_t turned = 0;
    for (int i = 0; i < 8; ++i, word >>= 8)
        turned = turned << 8 | (word & 0xFF);
    return turned;
}

}  // namespace

SipTag SessionCookie::tag_of(const SessionId& session) const {
    std::array<std::uint8_t, 12> covered{};
    store_u32(covered, 0, session.server);
    store_u64(covered, 4, session.number);
    return siphash_2_4_tag(key_, covered);
}

std::string SessionCookie::value_of(const SessionId& session) const {
    const SipTag tag = is_mutant(Mutant::SignsWithZeros) ? SipTag{} : tag_of(session);
    return fmt::format("{:08x}{:016x}{:016x}{:016x}", session.server, session.number,
                       in_byte_order(tag.low), in_byte_order(tag.high));
}

std::optional<SessionId> SessionCookie::read(std::string_view value) const {
    if (value.size() != kValueSize) return std::nullopt;
    const auto server = read_hex(value.substr(0, kServerDigits));
    const auto number = read_hex(value.substr(kServerDigits, kWordDigits));
    const auto low = read_hex(value.substr(kServerDigits + kWordDigits, kWordDigits));
    const auto high = read_hex(value.substr(kServerDigits + 2 * kWordDigits));
    if (!server || !number || !low || !high) return std::nullopt;
    const SessionId session{static_cast<ServerId>(*server), *number};
    const SipTag tag = tag_of(session);
    // Without a branch on the first difference: what it takes tells nothing of the tag.
    const std::uint64_t difference =
        (in_byte_order(tag.low) ^ *low) | (in_byte_order(tag.high) ^ *high);
    if (difference != 0 && !is_mutant(Mutant::TakesAnyTag)) return std::nullopt;
    return session;
}

std::optional<SessionId> SessionCookie::find(std::string_view cookies) const {
    for (std::size_t at = cookies.find(name_); at != std::string_view::npos;
         at = cookies.find(name_, at + 1)) {
        const std::string_view before = without_blanks(cookies.substr(0, at));
        std::string_view pair = cookies.substr(at + name_.size());
        // The name stands at the beginning of a pair, and is all of the name there.
        if ((!before.empty() && before.back() != ';') || !pair.starts_with('=')) continue;
        pair = pair.substr(1, pair.find(';') - 1);
        const auto session = read(without_blanks(pair));
        if (session || is_mutant(Mutant::ReadsFirstCookieAlone)) return session;
    }
    return std::nullopt;
}

std::string SessionCookie::field_for(const SessionId& session) const {
    const char* secrecy = is_mutant(Mutant::ShowsCookieToScripts) ? "" : "; HttpOnly";
    return fmt::format("Set-Cookie: {}={}; Path=/{}\r\n", name_, value_of(session), secrecy);
}

}  // namespace shunt::farm
