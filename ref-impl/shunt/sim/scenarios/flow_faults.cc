// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/flow_faults.hh"

#include <utility>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/client/datagram_client.hh"
#include "shunt/sim/scenarios/datagram_echo.hh"
#include "shunt/sim/scenarios/draws.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kFlows = 40;
// In a farm with extensions the control channels open before (FarmWorld::begin).
constexpr TroubleSpan kTroubles = {Instant::from_nanoseconds(1'050'000'000),
                                   Instant::from_nanoseconds(5'000'000'000)};
constexpr Instant kHealed = Instant::from_nanoseconds(6'000'000'000);
/// Longer than a flow lasts at a target, a base copy that nothing has released included.
constexpr Duration kSilence = Duration::seconds(40);
constexpr Duration kEnd = Duration::seconds(10);

FaultPlan draw_link(Rng& rng, const ScenarioOptions& options) {
    FaultPlan plan;
    plan.loss = draw_ratio(rng, 30);
    plan.repetition = draw_ratio(rng, 50);
    plan.reordering = draw_ratio(rng, 20);
    plan.reordering_delay_max = Duration::milliseconds(4);
    plan.delay = Duration::microseconds(100);
    plan.jitter_max = Duration::microseconds(100);
    plan.loss = options.loss.value_or(plan.loss);
    plan.repetition = options.repetition.value_or(plan.repetition);
    plan.reordering = options.reordering.value_or(plan.reordering);
    plan.corruption = options.corruption.value_or(plan.corruption);
    return plan;
}

farm::FarmConfig farm_of_three(bool has_extensions) {
    farm::FarmConfig config = farm::standard_plan(3);
    config.farm.has_extensions = has_extensions;
    add_datagram_echo(config);
    return config;
}

/// The operator sends one flow or another away; what the home refuses stays as it is.
void move_some(FarmWorld& world, const DatagramClient& client, std::size_t flows, Rng& rng) {
    while (world.world().now() < kTroubles.end) {
        const auto pause = Duration::microseconds(static_cast<std::int64_t>(rng.below(8'000)));
        world.run_until(world.world().now() + pause, [] { return false; });
        world.world().wait_until(world.world().now() + pause);
        const std::size_t flow = rng.below(flows);
        const bool is_to_third = rng.chance({1, 2});
        if (world.node(0).is_down()) continue;
        const HostId home = world.roles().servers[0].host;
        [[maybe_unused]] const auto started = world.node(0).node().migrate(
            client.tuple(flow), is_to_third ? "s3" : "s2", world.world().host_now(home));
        world.world().wake(home);
    }
}

ScenarioResult flow_faults(const ScenarioOptions& options, bool has_extensions) {
    Rng rng(options.seed);
    FarmWorldConfig config;
    config.seed = options.seed;
    config.farm = farm_of_three(has_extensions);
    DatagramPlan plan = datagram_plan(config.farm);
    plan.flows = options.connections.value_or(kFlows);
    plan.silence = kHealed;
    plan.again = kHealed + kSilence;
    DatagramClient client(plan);
    config.guests.push_back({"datagrams", plan.mac, &client});
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    config.front = draw_link(rng, options);
    config.back = draw_link(rng, options);
    FarmWorld world(std::move(config));
    for (const ServerRole& server : world.roles().servers) {
        const bool crashes = rng.chance({1, 4});
        if (crashes) add_outage(world.troubles(), rng, server.host, true, kTroubles);
    }
    const bool has_swizzle = rng.chance({1, 2});
    if (has_swizzle) add_swizzle(world.troubles(), rng, world.lanes(), kTroubles);
    world.troubles().sort();
    world.world().wake(world.guest_id(0));
    move_some(world, client, plan.flows, rng);
    world.run_until(kHealed, [] { return false; });
    world.heal();
    world.run_until(plan.again + kEnd, [] { return false; });
    client.report(world.world().now(), world.log());
    ScenarioResult result = world.result();
    result.connections = plan.flows;
    result.responses = client.answers();
    for (std::size_t server = 0; server < 3; ++server)
        result.migrations += world.node(server).node().counters().value(Counter::MoveDone);
    return result;
}

}  // namespace

ScenarioResult flow_faults_extended(const ScenarioOptions& options) {
    return flow_faults(options, true);
}

ScenarioResult flow_faults_base(const ScenarioOptions& options) {
    return flow_faults(options, false);
}

}  // namespace shunt::sim
