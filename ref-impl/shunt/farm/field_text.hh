// SPDX-License-Identifier: Apache-2.0
// What the texts of HTTP consist of: tokens, and blanks around them (RFC 9110 5.6).
#pragma once

#include <string_view>

namespace shunt::farm {

/// RFC 9110 5.6.2.
bool is_token_character(char c);

/// `text` without the blanks at its ends (RFC 9110 5.6.3).
std::string_view without_blanks(std::string_view text);

}  // namespace shunt::farm
