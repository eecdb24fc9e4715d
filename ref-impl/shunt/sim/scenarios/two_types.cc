// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/two_types.hh"

#include <fmt/format.h>

#include <utility>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/adversity.hh"
#include "shunt/sim/scenarios/draws.hh"
#include "shunt/sim/scenarios/mover.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kConnections = 60;
constexpr Duration kSpacing = Duration::milliseconds(20);
// From FarmWorld::begin() on.
constexpr Duration kFirstTrouble = Duration::milliseconds(100);
constexpr Duration kLastTrouble = Duration::seconds(4);
constexpr Duration kHealed = Duration::seconds(5);
constexpr Duration kBound = Duration::seconds(150);
/// The how-manyth server goes on with responses and reads no requests.
constexpr std::size_t kStream = 1;
constexpr DefectOdds kDefects;
constexpr TroubleOdds kTroubleOdds = {.pauses = 6, .crashes = 12};

/// Half of them follow what grows, half of them download.
ConnectionPlan draw_long_plan(Rng& rng, std::size_t number) {
    ConnectionPlan plan = draw_plan(rng, number, kSpacing);
    plan.is_growing = rng.chance({1, 2});
    for (std::uint64_t& size : plan.sizes)
        size = plan.is_growing ? draw_magnitude(rng, 12, 16) : draw_magnitude(rng, 14, 21);
    return plan;
}

FarmWorldConfig farm_of_two_types(Rng& rng, const ScenarioOptions& options) {
    FarmWorldConfig config;
    config.seed = options.seed;
    config.farm = farm::standard_plan(3);
    config.farm.farm.has_extensions = true;
    for (farm::Listen& listen : config.farm.listens) {
        if (listen.server == config.farm.servers[kStream].name)
            listen.application = farm::kStreamApplication;
    }
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    config.front.delay = config.back.delay = Duration::microseconds(100);
    // Slow enough that most responses last until somebody moves them.
    config.front.rate = draw_magnitude(rng, 20, 23);
    const std::size_t connections = options.connections.value_or(kConnections);
    for (std::size_t i = 0; i < connections; ++i)
        config.plans.push_back(draw_long_plan(rng, i));
    return config;
}

}  // namespace

ScenarioResult two_types(const ScenarioOptions& options) {
    Rng rng(options.seed);
    FarmWorld world(farm_of_two_types(rng, options));
    Mover mover(world, rng.next_u64());
    const std::size_t connections = world.client().connections();
    const Instant limit = world.world().now() + kBound;
    mover.move_many(connections, Duration::milliseconds(5), limit);
    world.run(limit);
    // Something of what has gone to the stream comes back by itself: how much depends on when the
    // operator has met a response that was long enough.
    const Counters& counters = world.node(kStream).node().counters();
    if (counters.value(Counter::PassingStarted) == 0) {
        world.log().add(world.world().now(), "EP-42",
                        fmt::format("{} of {} connections went on behind their response",
                                    counters.value(Counter::PassingStarted), connections));
    }
    world.demand_base_line();
    return world.result();
}

ScenarioResult two_types_faults(const ScenarioOptions& options) {
    Rng rng(options.seed);
    FarmWorldConfig config = farm_of_two_types(rng, options);
    draw_defects(rng, options, kDefects, config.front);
    draw_defects(rng, options, kDefects, config.back);
    const bool is_front_spared = rng.chance({1, 2});
    (is_front_spared ? config.front : config.back).corruption = Ratio{};
    FarmWorld world(std::move(config));
    draw_troubles(world, rng, kTroubleOdds,
                  {world.begin() + kFirstTrouble, world.begin() + kLastTrouble});
    Mover mover(world, rng.next_u64());
    mover.move_many(world.client().connections(), Duration::milliseconds(5),
                    world.begin() + kHealed);
    world.heal();
    world.run(world.world().now() + kBound);
    if (world.crashes() == 0) world.demand_base_line();
    return world.result();
}

}  // namespace shunt::sim
