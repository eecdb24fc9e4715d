// SPDX-License-Identifier: Apache-2.0
// What the texts of HTTP consist of: tokens, and blanks around them (RFC 9110 5.6).
#pragma once

#include <string_view>

namespace shunt::farm {

/// RFC 9110 5.6.2.
inline bool is_token_character(char c) {
    const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return is_letter || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

inline bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// `text` without the blanks at its ends (RFC 9110 5.6.3).
inline std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

}  // namespace shunt::farm
