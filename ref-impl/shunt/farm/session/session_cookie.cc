// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/session/session_cookie.hh"

#include <fmt/format.h>

#include "shunt/base/byte_order.hh"
#include "shunt/base/hex_digits.hh"
#include "shunt/base/mutant.hh"
#include "shunt/farm/field_text.hh"

namespace shunt::farm {
namespace {

constexpr std::size_t kWordDigits = 8;
constexpr std::size_t kCovered = 12;

/// Digits as a lenient reader takes them: upper-case ones lowered.
std::uint64_t lowered(std::uint64_t characters) {
    const std::uint64_t ascii = characters & ~hex::kHighBits;
    return characters | hex::between(ascii, 'A', 'F') >> 2;
}

/// Eight of a value's digits as they stand.
std::uint64_t digits_at(std::string_view value, std::size_t word) {
    const std::uint64_t digits = load_word(value.data() + word * kWordDigits);
    return is_mutant(Mutant::TakesUpperCase) ? lowered(digits) : digits;
}

/// Zero if the 16 digits from that word on spell `word`, whose lowest byte is the first.
std::uint64_t difference(std::string_view value, std::size_t first, std::uint64_t word) {
    const std::uint64_t spelt = turned(word);
    return (digits_at(value, first) ^ spell_hex(static_cast<std::uint32_t>(spelt >> 32))) |
           (digits_at(value, first + 1) ^ spell_hex(static_cast<std::uint32_t>(spelt)));
}

}  // namespace

/// Server and number as they are sent, highest byte first, in SipHash's little-endian words.
SipTag SessionCookie::tag_of(const SessionId& session) const {
    const std::uint64_t number = turned(session.number);
    const std::uint64_t server = turned(session.server) >> 32;
    return siphash_2_4_tag(key_, server | number << 32, number >> 32, kCovered);
}

std::string SessionCookie::value_of(const SessionId& session) const {
    const SipTag tag = is_mutant(Mutant::SignsWithZeros) ? SipTag{} : tag_of(session);
    return fmt::format("{:08x}{:016x}{:016x}{:016x}", session.server, session.number,
                       turned(tag.low), turned(tag.high));
}

std::optional<SessionId> SessionCookie::read(std::string_view value) const {
    if (value.size() != kValueSize) return std::nullopt;
    const HexDigits server = read_hex(digits_at(value, 0));
    const HexDigits high = read_hex(digits_at(value, 1));
    const HexDigits low = read_hex(digits_at(value, 2));
    if ((server.faults | high.faults | low.faults) != 0) return std::nullopt;
    const SessionId session{server.value, std::uint64_t{high.value} << 32 | low.value};
    const SipTag tag = tag_of(session);
    // Without a branch on the first difference: what it takes tells nothing of the tag.
    const bool is_genuine = (difference(value, 3, tag.low) | difference(value, 5, tag.high)) == 0;
    if (!is_genuine && !is_mutant(Mutant::TakesAnyTag)) return std::nullopt;
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
