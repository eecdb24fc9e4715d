// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/adversity.hh"

#include "shunt/sim/scenarios/draws.hh"

namespace shunt::sim {
namespace {

/// Odds of none are not drawn.
bool happens(Rng& rng, std::uint32_t one_in) {
    return one_in != 0 && rng.chance({1, one_in});
}

}  // namespace

void draw_defects(Rng& rng, const ScenarioOptions& options, const DefectOdds& odds,
                  FaultPlan& plan) {
    // Drawn whatever is set, so that the rest of the world is the seed's.
    plan.loss = options.loss.value_or(draw_ratio(rng, odds.loss));
    plan.repetition = options.repetition.value_or(draw_ratio(rng, odds.repetition));
    plan.reordering = options.reordering.value_or(draw_ratio(rng, odds.reordering));
    plan.corruption = options.corruption.value_or(draw_ratio(rng, odds.corruption));
    plan.reordering_delay_max = Duration::milliseconds(4);
    plan.jitter_max = Duration::microseconds(100);
}

void draw_troubles(FarmWorld& world, Rng& rng, const TroubleOdds& odds, TroubleSpan span) {
    TroublePlan& plan = world.troubles();
    for (int i = 0; i < odds.swizzles; ++i) {
        if (rng.chance({1, 3})) add_swizzle(plan, rng, world.lanes(), span);
    }
    for (const ServerRole& server : world.roles().servers) {
        if (happens(rng, odds.pauses)) add_outage(plan, rng, server.host, false, span);
        if (happens(rng, odds.crashes)) add_outage(plan, rng, server.host, true, span);
        if (happens(rng, odds.bad_clocks)) {
            add_clock_trouble(plan, rng, server.host, Duration::seconds(2), span);
        }
    }
    plan.sort();
}

}  // namespace shunt::sim
