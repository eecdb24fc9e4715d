// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/request_start.hh"

#include <algorithm>

#include "shunt/farm/field_text.hh"

namespace shunt::farm {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kCookie = "cookie";

bool is_target_character(char c) {
    return c > ' ' && c != '\x7F';
}

/// The target of a whole request line (RFC 9112 3); nothing if it is none of HTTP/1.
std::optional<std::string_view> target_of(std::string_view line) {
    const std::size_t method_end = line.find(' ');
    if (method_end == 0 || method_end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = line.substr(method_end + 1);
    const std::size_t target_end = rest.find(' ');
    if (target_end == 0 || target_end == std::string_view::npos) return std::nullopt;
    const std::string_view target = rest.substr(0, target_end);
    const std::string_view version = rest.substr(target_end + 1);
    const bool is_right = std::all_of(target.begin(), target.end(), is_target_character) &&
                          (version == "HTTP/1.1" || version == "HTTP/1.0");
    if (!is_right) return std::nullopt;
    return target;
}

/// No request line begins like this, whatever follows.
bool begins_otherwise(std::string_view text) {
    const std::size_t method_end = std::min(text.find(' '), text.size());
    const std::string_view method = text.substr(0, method_end);
    return (method.empty() && !text.empty()) ||
           !std::all_of(method.begin(), method.end(), is_token_character);
}

bool is_same_name(std::string_view name, std::string_view lower_case) {
    const auto is_same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    };
    return std::equal(name.begin(), name.end(), lower_case.begin(), lower_case.end(), is_same);
}

}  // namespace

RequestStart read_request_start(ByteView bytes) {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    // One empty line before the request line is ignored (RFC 9112 2.2).
    if (text.starts_with(kLineEnd)) text.remove_prefix(kLineEnd.size());
    if (text == "\r") return {};
    RequestStart start;
    const std::size_t line_end = text.find(kLineEnd);
    if (line_end == std::string_view::npos) {
        start.is_over = begins_otherwise(text);
        return start;
    }
    start.target = begins_otherwise(text) ? std::nullopt : target_of(text.substr(0, line_end));
    start.is_over = !start.target;
    if (start.is_over) return start;
    const std::string_view fields = text.substr(line_end + kLineEnd.size());
    // The head ends with an empty line; the first one may follow the request line at once.
    const std::size_t end = fields.starts_with(kLineEnd) ? 0 : fields.find("\r\n\r\n");
    start.is_over = end != std::string_view::npos;
    const std::size_t last_line_end = fields.substr(0, end).rfind(kLineEnd);
    if (start.is_over) {
        start.fields = end == 0 ? std::string_view() : fields.substr(0, end + kLineEnd.size());
    } else if (last_line_end != std::string_view::npos) {
        start.fields = fields.substr(0, last_line_end + kLineEnd.size());
    }
    return start;
}

std::optional<std::string_view> next_cookies(std::string_view& fields) {
    while (!fields.empty()) {
        const std::size_t end = fields.find(kLineEnd);
        if (end == std::string_view::npos) break;
        const std::string_view line = fields.substr(0, end);
        fields.remove_prefix(end + kLineEnd.size());
        // No blank stands before the colon (RFC 9112 5.1).
        if (line.size() <= kCookie.size() || line[kCookie.size()] != ':') continue;
        if (!is_same_name(line.substr(0, kCookie.size()), kCookie)) continue;
        return without_blanks(line.substr(kCookie.size() + 1));
    }
    return std::nullopt;
}

}  // namespace shunt::farm
