// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/drain.hh"

#include <fmt/format.h>

#include <algorithm>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/adversity.hh"
#include "shunt/sim/scenarios/draws.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kConnections = 1'000;
constexpr std::size_t kConnectionsInFaults = 150;
/// Of the front in each direction between two hosts, bytes per second: downloads outlast a drain.
constexpr std::uint64_t kRate = 64'000'000;
constexpr std::size_t kQueue = 4 * 1'024 * 1'024;
constexpr Duration kLook = Duration::milliseconds(5);
constexpr Duration kDrainBound = Duration::seconds(10);
/// A return that found no answer is given up after 60 s (EP-46).
constexpr Duration kHealedDrainBound = Duration::seconds(90);
constexpr Duration kBound = Duration::seconds(150);
constexpr TroubleSpan kTroubles = {Instant::from_nanoseconds(100'000'000),
                                   Instant::from_nanoseconds(4'000'000'000)};
constexpr Instant kHealed = Instant::from_nanoseconds(5'000'000'000);
constexpr DefectOdds kDefects;
constexpr TroubleOdds kTroubleOdds = {.pauses = 6, .crashes = 8};

FarmWorldConfig farm_of_three(const ScenarioOptions& options) {
    FarmWorldConfig config;
    config.seed = options.seed;
    config.farm = farm::standard_plan(3);
    config.farm.farm.has_extensions = true;
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    config.front.delay = config.back.delay = Duration::microseconds(100);
    config.front.rate = kRate;
    config.front.queue_max = kQueue;
    return config;
}

ConnectionPlan draw_download(Rng& rng, std::size_t number, Duration spacing) {
    ConnectionPlan plan = draw_plan(rng, number, spacing);
    plan.sizes.clear();
    for (int i = 0; i < 3; ++i)
        plan.sizes.push_back(draw_magnitude(rng, 14, 18));
    plan.upload_size = 0;
    return plan;
}

/// The drains of one farm, and what they must come to.
class Drains {
  public:
    explicit Drains(FarmWorld& world) : world_(world) {}

    void start(std::size_t server) { tell(server, true); }
    void stop(std::size_t server) { tell(server, false); }
    void stop_all() {
        for (std::size_t server = 0; server < world_.servers(); ++server)
            stop(server);
    }
    node::DrainReport report(std::size_t server) {
        return world_.node(server).node().drain_report();
    }
    void pass(Duration time) {
        const Instant until = world_.world().now() + time;
        world_.run_until(until, [] { return false; });
        world_.world().wait_until(until);
    }

    /// Until the server has no established connection, a violation if that takes longer than
    /// `bound`, or if more move at once than may.
    void finish(std::size_t server, Duration bound) {
        const Instant limit = world_.world().now() + bound;
        for (;;) {
            pass(kLook);
            const node::DrainReport now = report(server);
            if (now.moving > world_.config().farm.drain.moves_at_once)
                complain(server, fmt::format("{} move at once", now.moving));
            if (now.left == 0 || !now.is_draining) return;
            if (world_.world().now() < limit) continue;
            const std::string why = now.rows.empty() ? "nothing is known" : now.rows.front().reason;
            return complain(server,
                            fmt::format("{} of its connections are left: {}", now.left, why));
        }
    }

  private:
    void tell(std::size_t server, bool is_start) {
        NodeHost& host = world_.node(server);
        if (host.is_down()) return;
        if (is_start)
            host.node().start_drain();
        else
            host.node().stop_drain();
        world_.world().wake(world_.roles().servers[server].host);
    }
    void complain(std::size_t server, const std::string& text) {
        world_.log().add(world_.world().now(), "EP-43",
                         world_.node(server).node().self().name + ": " + text);
    }

    FarmWorld& world_;
};

}  // namespace

ScenarioResult drain(const ScenarioOptions& options) {
    Rng rng(options.seed);
    FarmWorldConfig config = farm_of_three(options);
    for (FaultPlan* plan : {&config.front, &config.back}) {
        plan->loss = options.loss.value_or(Ratio{});
        plan->repetition = options.repetition.value_or(Ratio{});
        plan->reordering = options.reordering.value_or(Ratio{});
        plan->reordering_delay_max = Duration::milliseconds(4);
    }
    const std::size_t connections = options.connections.value_or(kConnections);
    const Duration spacing = Duration::microseconds(500);
    for (std::size_t i = 0; i < connections; ++i)
        config.plans.push_back(draw_download(rng, i, spacing));
    FarmWorld world(std::move(config));
    Drains drains(world);
    drains.pass(spacing * static_cast<std::int64_t>(connections) + Duration::milliseconds(50));
    drains.start(0);
    const std::size_t before = drains.report(0).left;
    drains.finish(0, kDrainBound);
    const std::uint64_t moved = drains.report(0).moved;
    if (before < connections / 2 || moved < before / 2) {
        world.log().add(world.world().now(), "liveness",
                        fmt::format("of {} connections {} were there to leave, {} did", connections,
                                    before, moved));
    }
    // What has gone to s3 returns to s1, which is draining, and goes on to s2 (EP-45, EP-47).
    drains.start(2);
    drains.finish(2, kDrainBound);
    drains.finish(0, kDrainBound);
    drains.stop_all();
    world.run(world.world().now() + kBound);
    world.demand_base_line();
    return world.result();
}

ScenarioResult drain_faults(const ScenarioOptions& options) {
    Rng rng(options.seed);
    FarmWorldConfig config = farm_of_three(options);
    draw_defects(rng, options, kDefects, config.front);
    draw_defects(rng, options, kDefects, config.back);
    const bool is_front_spared = rng.chance({1, 2});
    (is_front_spared ? config.front : config.back).corruption = Ratio{};
    config.front.rate = draw_magnitude(rng, 21, 24);
    const std::size_t connections = options.connections.value_or(kConnectionsInFaults);
    for (std::size_t i = 0; i < connections; ++i)
        config.plans.push_back(draw_download(rng, i, Duration::milliseconds(10)));
    FarmWorld world(std::move(config));
    draw_troubles(world, rng, kTroubleOdds, kTroubles);
    Drains drains(world);
    while (world.world().now() < kHealed) {
        const auto later_ms = static_cast<std::int64_t>(50 + rng.below(400));
        drains.pass(Duration::milliseconds(later_ms));
        const auto server = static_cast<std::size_t>(rng.below(world.servers()));
        const bool starts = rng.chance({2, 3});
        if (starts)
            drains.start(server);
        else
            drains.stop(server);
    }
    world.heal();
    drains.stop_all();
    drains.start(0);
    drains.finish(0, kHealedDrainBound);
    drains.stop_all();
    world.run(world.world().now() + kBound);
    if (world.crashes() == 0) world.demand_base_line();
    return world.result();
}

}  // namespace shunt::sim
