// SPDX-License-Identifier: Apache-2.0
// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#pragma once

#include <cstdint>

#include "shunt/base/bytes.hh"

namespace shunt::wire {

/// A sum of 16 bit words with its carries added in again (RFC 1071 1).
constexpr std::uint16_t fold_checksum(std::uint64_t sum) {
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

/// The sum of the same bytes moved on by one (RFC 1071 2 (B)).
constexpr std::uint16_t swap_bytes(std::uint16_t sum) {
    return static_cast<std::uint16_t>((sum << 8) | (sum >> 8));
}

/// The one's complement sum of what has been added, as if it had been one run of bytes.
class ChecksumAccumulator {
  public:
    /// May follow an odd number of bytes: the first of these then completes a 16 bit word.
    void add(ByteView bytes);
    void add_u16(std::uint16_t value) { sum_ += is_odd_ ? swap_bytes(value) : value; }
    void add_u32(std::uint32_t value) {
        add_u16(static_cast<std::uint16_t>(value >> 16));
        add_u16(static_cast<std::uint16_t>(value));
    }

    /// Folded to 16 bits, not complemented; 0xFFFF over a run that holds its own checksum.
    std::uint16_t sum() const { return fold_checksum(sum_); }
    /// What goes into the field.
    std::uint16_t checksum() const { return static_cast<std::uint16_t>(~sum()); }

  private:
    std::uint64_t sum_ = 0;  // of big-endian 16 bit words, carries unfolded
    bool is_odd_ = false;    // an odd number of bytes has been added
};

/// What goes into the checksum field of `bytes`, in which that field is zero.
std::uint16_t internet_checksum(ByteView bytes);

/// True if the sum over `bytes`, checksum field included, is 0xFFFF.
bool is_checksum_valid(ByteView bytes);

/// The checksum after one aligned 16 bit word changed from `before` to `after` (RFC 1624 eqn. 3).
std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t before, std::uint16_t after);

}  // namespace shunt::wire
