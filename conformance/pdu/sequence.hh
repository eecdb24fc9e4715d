// SPDX-License-Identifier: Apache-2.0
/// Comparisons modulo 2^32 (RFC 9293 3.4, RFC 7323 5.2): sequence numbers and timestamps.
#pragma once

#include <cstdint>

namespace conform {

/// How far `to` is ahead of `from`; negative if it is behind.
constexpr std::int32_t sequence_distance(std::uint32_t from, std::uint32_t to) {
    return static_cast<std::int32_t>(to - from);
}
constexpr bool sequence_before(std::uint32_t a, std::uint32_t b) {
    return sequence_distance(a, b) > 0;
}
constexpr bool sequence_at_or_before(std::uint32_t a, std::uint32_t b) {
    return sequence_distance(a, b) >= 0;
}

}  // namespace conform
