// SPDX-License-Identifier: Apache-2.0
// Seeded chance (xoshiro256**, seeded by splitmix64): the same seed gives the same numbers with
// every compiler. Probabilities are fractions of integers. One draw per statement: compilers
// evaluate arguments in different orders.
#pragma once

#include <array>
#include <cstdint>

#include "shunt/base/assert.hh"

namespace shunt {

/// A probability as a fraction; {1, 20} is five in a hundred.
struct Ratio {
    std::uint32_t numerator = 0;
    std::uint32_t denominator = 1;
};

class Rng {
  public:
    explicit Rng(std::uint64_t seed);

    std::uint64_t next_u64();
    std::uint32_t next_u32() { return static_cast<std::uint32_t>(next_u64() >> 32); }
    /// Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    bool chance(Ratio ratio) {
        SHUNT_ASSERT(ratio.denominator > 0, "a probability has a denominator");
        return below(ratio.denominator) < ratio.numerator;
    }
    /// An independent generator, so that one part's draws do not shift another's.
    Rng fork() { return Rng(next_u64()); }

  private:
    std::array<std::uint64_t, 4> state_{};
};

}  // namespace shunt
