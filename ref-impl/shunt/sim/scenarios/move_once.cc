// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/move_once.hh"

#include <fmt/format.h>

#include <utility>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/draws.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kConnections = 1'000;
constexpr Ratio kFaultRatio{1, 20};
/// Nothing that TCP and the farm repeat takes longer, even if it is lost ten times.
constexpr Instant kLimit = Instant::from_nanoseconds(600'000'000'000);

FaultPlan lossy_link(const ScenarioOptions& options) {
    FaultPlan plan;
    plan.loss = options.loss.value_or(kFaultRatio);
    plan.repetition = options.repetition.value_or(kFaultRatio);
    plan.reordering = options.reordering.value_or(kFaultRatio);
    plan.reordering_delay_max = Duration::milliseconds(4);
    plan.delay = Duration::microseconds(100);
    plan.jitter_max = Duration::microseconds(100);
    return plan;
}

// A move that loses all its offers ends at home (EP-6). With the scenario's own loss that is
// seldom, or something keeps connections there.
void demand_moves(FarmWorld& world, std::size_t connections) {
    const std::uint64_t migrations = world.owners().migrations();
    const std::size_t left_at_home_max = connections / 50 + 1;
    if (migrations + left_at_home_max >= connections) return;
    world.log().add(world.world().now(), "SEL-2",
                    fmt::format("{} of {} connections moved", migrations, connections));
}

ScenarioResult move_once(const ScenarioOptions& options, bool has_extensions) {
    Rng rng(options.seed);
    FarmWorldConfig config;
    config.seed = options.seed;
    config.farm = farm::standard_plan(2);
    config.farm.farm.has_extensions = has_extensions;
    config.farm.urls.push_back({"/bytes/", {"s2"}});
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    config.front = lossy_link(options);
    config.back = lossy_link(options);
    const std::size_t connections = options.connections.value_or(kConnections);
    for (std::size_t i = 0; i < connections; ++i)
        config.plans.push_back(draw_plan(rng, i, Duration::microseconds(500)));
    FarmWorld world(std::move(config));
    world.run(kLimit);
    if (!options.loss) demand_moves(world, connections);
    return world.result();
}

}  // namespace

ScenarioResult move_once_extended(const ScenarioOptions& options) {
    return move_once(options, true);
}

ScenarioResult move_once_base(const ScenarioOptions& options) {
    return move_once(options, false);
}

}  // namespace shunt::sim
