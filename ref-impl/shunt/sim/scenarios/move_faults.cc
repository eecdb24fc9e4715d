// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/move_faults.hh"

#include <utility>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/adversity.hh"
#include "shunt/sim/scenarios/draws.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kConnections = 500;
/// Between the starts of two clients: they come as long as the troubles last.
constexpr Duration kSpacing = Duration::milliseconds(8);
constexpr Duration kFirstTrouble = Duration::milliseconds(100);
constexpr Duration kLastTrouble = Duration::seconds(4);
constexpr Duration kHealed = Duration::seconds(5);
/// No pause that TCP, a client or the farm has doubled while the faults lasted is longer.
constexpr Duration kBound = Duration::seconds(120);
constexpr TroubleOdds kTroubleOdds = {.pauses = 4, .crashes = 8, .bad_clocks = 4, .swizzles = 3};

FaultPlan draw_link(Rng& rng, const ScenarioOptions& options) {
    FaultPlan plan;
    draw_defects(rng, options, {.loss = 30, .repetition = 50}, plan);
    plan.delay = Duration::microseconds(100);
    const bool is_limited = rng.chance({1, 4});
    const std::uint64_t rate = draw_magnitude(rng, 21, 26);
    if (is_limited) plan.rate = rate;
    return plan;
}

ScenarioResult move_faults(const ScenarioOptions& options, bool has_extensions) {
    Rng rng(options.seed);
    FarmWorldConfig config;
    config.seed = options.seed;
    config.farm = farm::standard_plan(3);
    config.farm.farm.has_extensions = has_extensions;
    config.farm.urls.push_back({"/bytes/", {"s2", "s3"}});
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    config.front = draw_link(rng, options);
    config.back = draw_link(rng, options);
    // One damage the Internet checksum always sees; two of one packet, which crosses both links
    // under the same checksum (FRM-4), may undo each other.
    const bool is_front_spared = rng.chance({1, 2});
    (is_front_spared ? config.front : config.back).corruption = Ratio{};
    config.front.marking = draw_ratio(rng, 20);
    config.do_clients_ask_for_ecn = rng.chance({1, 2});
    const std::size_t connections = options.connections.value_or(kConnections);
    for (std::size_t i = 0; i < connections; ++i)
        config.plans.push_back(draw_plan(rng, i, kSpacing));
    FarmWorld world(std::move(config));
    draw_troubles(world, rng, kTroubleOdds,
                  {world.begin() + kFirstTrouble, world.begin() + kLastTrouble});
    world.run_until(world.begin() + kHealed, [] { return false; });
    world.heal();
    const Instant limit = world.world().now() + kBound;
    if (!has_extensions) {
        world.run_until(limit, [&world] { return world.client().is_finished_but_for_excused(); });
        world.excuse_limbo();
    }
    world.run(limit);
    if (world.crashes() == 0) world.demand_base_line();
    return world.result();
}

}  // namespace

ScenarioResult move_faults_extended(const ScenarioOptions& options) {
    return move_faults(options, true);
}

ScenarioResult move_faults_base(const ScenarioOptions& options) {
    return move_faults(options, false);
}

}  // namespace shunt::sim
