// SPDX-License-Identifier: Apache-2.0
// Decimal numbers inside addresses and tuples written as text.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace shunt::wire {

/// The number that `text` spells in decimal digits alone, without leading zeros, at most `max`.
inline std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) {
    if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    std::uint32_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value > max) return std::nullopt;
    return value;
}

}  // namespace shunt::wire
