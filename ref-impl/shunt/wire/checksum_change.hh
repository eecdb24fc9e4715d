// SPDX-License-Identifier: Apache-2.0
// What becomes of an Internet checksum when words under it change (RFC 1624).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/wire/checksum.hh"

namespace shunt::wire {

/// The changes of words, as RFC 1624 eqn. 3 sums them up: ~m + m'.
class ChecksumChange {
  public:
    /// At an even offset. Both halves at once: 2^32 is 1 modulo 2^16 - 1.
    void note(std::uint32_t before, std::uint32_t after) { sum_ += std::uint64_t{~before} + after; }
    /// Wherever it stands: at an odd offset its bytes are halves of other words.
    void note_at(std::size_t offset, std::uint32_t before, std::uint32_t after) {
        if (offset % 2 == 0) return note(before, after);
        sum_ += swap_bytes(fold_checksum(std::uint64_t{~before} + after));
    }
    /// Unfolded; 0 just if nothing was noted.
    std::uint64_t sum() const { return sum_; }
    /// HC' = ~(~HC + changes). Of the two zeros 0xFFFF, which nobody computes, comes out as 0x0000
    /// where something was noted.
    void update(MutableBytes bytes, std::size_t offset) const {
        const auto complement = static_cast<std::uint16_t>(~load_u16(bytes, offset));
        store_u16(bytes, offset, static_cast<std::uint16_t>(~fold_checksum(complement + sum_)));
    }

  private:
    std::uint64_t sum_ = 0;
};

}  // namespace shunt::wire
