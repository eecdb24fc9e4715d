// SPDX-License-Identifier: Apache-2.0
/// The judge's chance: a seed and a case's name give every number that the case draws.
#pragma once

#include <cstdint>
#include <string_view>

namespace conform {

/// SplitMix64 (Steele, Lea, Flood 2014): enough for sequence numbers and ports that only have to
/// differ from case to case and repeat with the seed.
class Random {
  public:
    /// The stream of one case: the same for the same `seed` and `name`, whatever else runs.
    Random(std::uint64_t seed, std::string_view name) : state_(seed) {
        for (const char c : name) {
            state_ = (state_ ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
        }
    }

    std::uint64_t next_u64() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
        return mixed ^ (mixed >> 31);
    }
    std::uint32_t next_u32() { return static_cast<std::uint32_t>(next_u64() >> 32); }

    /// A number below `bound`; `bound` is not zero. The bias is below 2^-32 and harms no case.
    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>((next_u64() >> 32) * bound >> 32);
    }

  private:
    std::uint64_t state_;
};

}  // namespace conform
