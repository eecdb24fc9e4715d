// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/channels.hh"

#include <utility>

#include "shunt/farm/standard_plan.hh"
#include "shunt/sim/scenarios/draws.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {
namespace {

constexpr std::size_t kConnections = 60;
constexpr Duration kSpacing = Duration::milliseconds(400);
/// Slow enough that connections live as long as troubles last.
constexpr std::uint64_t kFrontRate = 400'000;
constexpr Instant kFirstTrouble = Instant::from_nanoseconds(2'000'000'000);
constexpr Instant kLastTrouble = Instant::from_nanoseconds(21'000'000'000);
constexpr Duration kLongestTrouble = Duration::seconds(12);
constexpr Instant kHealed = kLastTrouble + kLongestTrouble + Duration::seconds(1);
constexpr Duration kBound = Duration::seconds(240);

ConnectionPlan draw_long_plan(Rng& rng, std::size_t number) {
    ConnectionPlan plan = draw_plan(rng, number, kSpacing);
    for (std::uint64_t& size : plan.sizes)
        size += 20'000 + rng.below(300'000);
    return plan;
}

Instant draw_begin(Rng& rng) {
    const auto span = static_cast<std::uint64_t>((kLastTrouble - kFirstTrouble).to_nanoseconds());
    return kFirstTrouble + Duration::nanoseconds(static_cast<std::int64_t>(rng.below(span)));
}

Duration draw_length(Rng& rng) {
    const auto most = static_cast<std::uint64_t>(kLongestTrouble.to_nanoseconds());
    return Duration::nanoseconds(static_cast<std::int64_t>(rng.below(most)));
}

void add_lane_trouble(TroublePlan& plan, Trouble::Kind kind, const LaneName& lane, Instant begin,
                      Instant end) {
    Trouble trouble;
    trouble.kind = kind;
    trouble.segment = lane.segment;
    trouble.host = lane.from;
    trouble.other = lane.to;
    trouble.at = begin;
    plan.add(trouble);
    trouble.kind = Trouble::Kind::Open;
    trouble.at = end;
    plan.add(trouble);
}

void add_cut(TroublePlan& plan, Rng& rng, SegmentId back, HostId one, HostId other) {
    const Instant begin = draw_begin(rng);
    const Instant end = begin + draw_length(rng);
    const std::uint64_t directions = 1 + rng.below(3);
    // What a clogged lane keeps back arrives when it opens: pings, 0x03 and 0x14 of long ago. The
    // model of EP-33 has shown that a 0x14 must not be on its way for so long, so that home's
    // releases are cut, never clogged.
    if ((directions & 1U) != 0) {
        add_lane_trouble(plan, Trouble::Kind::Cut, {back, one, other}, begin, end);
    }
    if ((directions & 2U) != 0) {
        add_lane_trouble(plan, Trouble::Kind::Cut, {back, other, one}, begin, end);
    }
}

void add_host_trouble(TroublePlan& plan, Rng& rng, HostId host, Trouble::Kind down,
                      Trouble::Kind up) {
    Trouble trouble;
    trouble.host = host;
    trouble.kind = down;
    trouble.at = draw_begin(rng);
    plan.add(trouble);
    trouble.kind = up;
    trouble.at = trouble.at + draw_length(rng);
    plan.add(trouble);
}

void draw_troubles(FarmWorld& world, Rng& rng) {
    TroublePlan& plan = world.troubles();
    const auto& servers = world.roles().servers;
    for (std::size_t one = 0; one < servers.size(); ++one) {
        for (std::size_t other = one + 1; other < servers.size(); ++other) {
            for (int i = 0; i < 2; ++i) {
                if (!rng.chance({1, 2})) continue;
                add_cut(plan, rng, world.roles().back, servers[one].host, servers[other].host);
            }
        }
        const HostId host = servers[one].host;
        const bool pauses = rng.chance({1, 4});
        if (pauses) add_host_trouble(plan, rng, host, Trouble::Kind::Pause, Trouble::Kind::Resume);
        const bool crashes = rng.chance({1, 4});
        if (crashes) {
            add_host_trouble(plan, rng, host, Trouble::Kind::Crash, Trouble::Kind::Restart);
        }
        const bool has_bad_clock = rng.chance({1, 3});
        if (has_bad_clock) {
            add_clock_trouble(plan, rng, host, Duration::seconds(2), {kFirstTrouble, kLastTrouble});
        }
    }
    plan.sort();
}

ScenarioResult play(const ScenarioOptions& options, farm::Profile profile) {
    Rng rng(options.seed);
    FarmWorldConfig config;
    config.seed = options.seed;
    config.farm = farm::standard_plan(3);
    config.farm.farm.has_extensions = true;
    config.farm.urls.push_back({"/bytes/", {"s2", "s3"}});
    for (farm::Listen& listen : config.farm.listens)
        listen.profile = profile;
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    config.do_servers_lose_each_other = true;
    config.front.delay = Duration::microseconds(100);
    config.front.rate = kFrontRate;
    config.back.delay = Duration::microseconds(100);
    config.back.loss = options.loss.value_or(draw_ratio(rng, 5));
    config.back.repetition = options.repetition.value_or(draw_ratio(rng, 10));
    config.back.reordering = options.reordering.value_or(draw_ratio(rng, 10));
    config.back.reordering_delay_max = Duration::milliseconds(4);
    const std::size_t connections = options.connections.value_or(kConnections);
    for (std::size_t i = 0; i < connections; ++i)
        config.plans.push_back(draw_long_plan(rng, i));
    FarmWorld world(std::move(config));
    draw_troubles(world, rng);
    world.run_until(kHealed, [] { return false; });
    world.heal();
    world.run(world.world().now() + kBound);
    // Each moves once, if there is a channel.
    if (profile == farm::Profile::Blob) world.demand_blobs(connections / 4, 0);
    return world.result();
}

}  // namespace

ScenarioResult channels(const ScenarioOptions& options) {
    return play(options, farm::Profile::Endpoint);
}
ScenarioResult blobs_channels(const ScenarioOptions& options) {
    return play(options, farm::Profile::Blob);
}

}  // namespace shunt::sim
