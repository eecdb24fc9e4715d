// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/move_faults.hh"

#include <utility>

#include "shunt/farm/standard_plan.hh"
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

FaultPlan draw_link(Rng& rng, const ScenarioOptions& options) {
    FaultPlan plan;
    plan.loss = draw_ratio(rng, 30);
    plan.repetition = draw_ratio(rng, 50);
    plan.reordering = draw_ratio(rng, 20);
    plan.corruption = draw_ratio(rng, 10);
    plan.reordering_delay_max = Duration::milliseconds(4);
    plan.delay = Duration::microseconds(100);
    plan.jitter_max = Duration::microseconds(100);
    const bool is_limited = rng.chance({1, 4});
    const std::uint64_t rate = draw_magnitude(rng, 21, 26);
    if (is_limited) plan.rate = rate;
    plan.loss = options.loss.value_or(plan.loss);
    plan.repetition = options.repetition.value_or(plan.repetition);
    plan.reordering = options.reordering.value_or(plan.reordering);
    plan.corruption = options.corruption.value_or(plan.corruption);
    return plan;
}

// Each kind of trouble in some of the worlds, so that each is seen alone and with others.
void draw_troubles(FarmWorld& world, Rng& rng) {
    TroublePlan& plan = world.troubles();
    const TroubleSpan span = {world.begin() + kFirstTrouble, world.begin() + kLastTrouble};
    for (int i = 0; i < 3; ++i) {
        if (rng.chance({1, 3})) add_swizzle(plan, rng, world.lanes(), span);
    }
    for (const ServerRole& server : world.roles().servers) {
        const bool pauses = rng.chance({1, 4});
        if (pauses) add_outage(plan, rng, server.host, false, span);
        const bool crashes = rng.chance({1, 8});
        if (crashes) add_outage(plan, rng, server.host, true, span);
        const bool has_bad_clock = rng.chance({1, 4});
        if (has_bad_clock) add_clock_trouble(plan, rng, server.host, Duration::seconds(2), span);
    }
    plan.sort();
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
    draw_troubles(world, rng);
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
