// SPDX-License-Identifier: Apache-2.0
// What the texts of HTTP consist of: tokens, and blanks around them (RFC 9110 5.6).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace shunt::farm {

namespace detail {

constexpr std::array<bool, 256> kTokenCharacters = [] {
    std::array<bool, 256> is_token{};
    for (const char c : std::string_view("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "abcdefghijklmnopqrstuvwxyz!#$%&'*+-.^_`|~"))
        is_token[static_cast<std::uint8_t>(c)] = true;
    return is_token;
}();

}  // namespace detail

/// RFC 9110 5.6.2.
inline bool is_token_character(char c) {
    return detail::kTokenCharacters[static_cast<std::uint8_t>(c)];
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
