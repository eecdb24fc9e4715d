// SPDX-License-Identifier: Apache-2.0
// Words as they stand in memory, their first byte the highest, whatever the machine's order is.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace shunt {

/// `word` with its bytes in the opposite order.
constexpr std::uint64_t turned(std::uint64_t word) {
    return __builtin_bswap64(word);
}

/// Of the machine's word the big-endian one, and the other way round.
constexpr std::uint64_t big_endian(std::uint64_t word) {
    return std::endian::native == std::endian::little ? turned(word) : word;
}

/// Eight bytes in one access, where a compiler makes eight of load_u64(). They are there.
inline std::uint64_t load_word(const void* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return big_endian(word);
}

}  // namespace shunt
