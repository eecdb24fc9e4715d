// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/request_start.hh"

#include <algorithm>

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

/// The target of a whole request line (RFC 9112 3); nothing if it is none of HTTP/1.
std::optional<std::string_view> target_of(std::string_view line) {
    const auto method_end = end_of_method(line);
    if (!method_end || *method_end == line.size()) return std::nullopt;
    const std::string_view rest = line.substr(*method_end + 1);
    std::size_t end = 0;
    while (end < rest.size() && is_target_character(rest[end]))
        ++end;
    const std::string_view version = rest.substr(end);
    if (end == 0 || (version != " HTTP/1.1" && version != " HTTP/1.0")) return std::nullopt;
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
    std::size_t at = 0;
    while (!is_over_ && target_) {
        const std::size_t end = rest_.find('\n', at);
        if (end == std::string_view::npos) break;
        const std::string_view line = rest_.substr(at, end - at);
        at = end + 1;
        is_over_ = line.empty() || line == "\r";
        const bool may_be = !line.empty() && (line.front() == 'C' || line.front() == 'c');
        if (!may_be || !is_cookie_field(line)) continue;
        rest_.remove_prefix(at);
        return without_blanks(without_line_end(line).substr(kCookie.size() + 1));
    }
    rest_.remove_prefix(at);
    return std::nullopt;
}

}  // namespace shunt::farm
