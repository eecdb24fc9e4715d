// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/rng.hh"

#include <bit>

namespace shunt {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
}

}  // namespace

Rng::Rng(std::uint64_t seed) {
    for (auto& word : state_)
        word = splitmix64(seed);
}

std::uint64_t Rng::next_u64() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Rng::below(std::uint64_t bound) {
    SHUNT_ASSERT(bound > 0, "an empty range has no member");
    std::uint64_t value = next_u64();
    // Values under 2^64 mod bound, which is less than bound, would make the low results likelier:
    // draw again. Hardly ever is a value small enough to divide for that.
    if (value < bound) {
        const std::uint64_t excess = (0 - bound) % bound;
        while (value < excess)
            value = next_u64();
    }
    return value % bound;
}

}  // namespace shunt
