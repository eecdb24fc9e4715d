// SPDX-License-Identifier: Apache-2.0
// What a scenario lets go wrong in a farm: how often links lose and hosts fail, drawn from the
// seed.
#pragma once

#include <cstdint>

#include "shunt/base/rng.hh"
#include "shunt/sim/scenarios/farm_world.hh"
#include "shunt/sim/trouble.hh"

namespace shunt::sim {

/// Of a hundred packets as many at most; links of half of the worlds are spared each of them.
struct DefectOdds {
    std::uint32_t loss = 10;
    std::uint32_t repetition = 30;
    std::uint32_t reordering = 20;
    std::uint32_t corruption = 10;
};

/// Draws the defects of a link, up to 4 ms and 100 us late; what the options set is as they say.
void draw_defects(Rng& rng, const ScenarioOptions& options, const DefectOdds& odds,
                  FaultPlan& plan);

/// One server in so many has the trouble; 0: none has.
struct TroubleOdds {
    std::uint32_t pauses = 0;
    std::uint32_t crashes = 0;
    std::uint32_t bad_clocks = 0;
    /// How often links may stop in turn; each time happens in a third of the worlds.
    int swizzles = 1;
};

/// Each kind of trouble in some of the worlds, so that each is seen alone and with others.
void draw_troubles(FarmWorld& world, Rng& rng, const TroubleOdds& odds, TroubleSpan span);

}  // namespace shunt::sim
