// SPDX-License-Identifier: Apache-2.0
// What scenarios draw from their seed in the same way.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/client/client_connection.hh"

namespace shunt::sim {

/// The plan of the how-manyth client: it starts `spacing` after the one before, or a little later,
/// and asks for one to three small objects, some with an upload.
ConnectionPlan draw_plan(Rng& rng, std::size_t number, Duration spacing);
/// Uniform in its magnitude, from 2^least_bits up to 2^most_bits: as many small as large ones.
std::uint64_t draw_magnitude(Rng& rng, unsigned least_bits, unsigned most_bits);
/// Nothing in half of the worlds; else from one to `most` in a hundred.
Ratio draw_ratio(Rng& rng, std::uint32_t most);

}  // namespace shunt::sim
