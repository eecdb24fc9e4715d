// SPDX-License-Identifier: Apache-2.0
// A key for SipHash, drawn by chance: once per boot, for each table and purpose another one.
#pragma once

#include <cstdint>

#include "shunt/base/rng.hh"
#include "shunt/base/siphash.hh"

namespace shunt {

/// Two draws.
inline SipKey draw_key(Rng& rng) {
    SipKey key;
    key.low = rng.next_u64();
    key.high = rng.next_u64();
    return key;
}

/// The first of a generator of its own.
inline SipKey draw_key(std::uint64_t seed) {
    Rng rng(seed);
    return draw_key(rng);
}

}  // namespace shunt
