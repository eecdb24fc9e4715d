// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/tcp_pair.hh"

#include <algorithm>

#include "shunt/sim/pair/pair_world.hh"
#include "shunt/sim/scenarios/draws.hh"

namespace shunt::sim {
namespace {

constexpr Instant kHealed = Instant::from_nanoseconds(15'000'000'000);
/// Of troubles that hosts have; short enough that no engine gives up.
constexpr TroubleSpan kTroubles = {Instant{}, Instant::from_nanoseconds(8'000'000'000)};
constexpr Ratio kOneInEight{1, 8};

FaultPlan draw_link(Rng& rng, const ScenarioOptions& options) {
    FaultPlan plan;
    plan.loss = draw_ratio(rng, 10);
    plan.repetition = draw_ratio(rng, 10);
    plan.reordering = draw_ratio(rng, 10);
    plan.corruption = draw_ratio(rng, 10);
    const auto round_trip = static_cast<std::int64_t>(draw_magnitude(rng, 6, 17));
    plan.delay = options.round_trip.value_or(Duration::microseconds(round_trip)) / 2;
    plan.reordering_delay_max = plan.delay * 2;
    plan.jitter_max = plan.delay / 4;
    const bool is_limited = rng.chance({1, 2});
    const std::uint64_t rate = draw_magnitude(rng, 17, 26);
    plan.rate = options.rate.value_or(is_limited ? rate : 0);
    plan.queue_max = draw_magnitude(rng, 13, 18);
    plan.loss = options.loss.value_or(plan.loss);
    plan.repetition = options.repetition.value_or(plan.repetition);
    plan.reordering = options.reordering.value_or(plan.reordering);
    plan.corruption = options.corruption.value_or(plan.corruption);
    plan.marking = draw_ratio(rng, 20);
    return plan;
}

tcp::Config draw_tcp(Rng& rng, const ScenarioOptions& options) {
    tcp::Config config;
    const std::uint64_t send = draw_magnitude(rng, 13, 20);
    const std::uint64_t receive = draw_magnitude(rng, 13, 20);
    config.send_buffer_max = static_cast<std::uint32_t>(options.buffer.value_or(send));
    config.receive_buffer_max = static_cast<std::uint32_t>(options.buffer.value_or(receive));
    config.window_scaling = !rng.chance(kOneInEight);
    config.timestamps = !rng.chance(kOneInEight);
    config.selective_acknowledgment = !rng.chance(kOneInEight);
    config.no_delay = rng.chance({1, 2});
    config.window_scale = static_cast<std::uint8_t>(rng.below(10));
    const bool is_small = rng.chance(kOneInEight);
    const std::uint64_t small = 88 + rng.below(500);
    if (is_small) config.advertised_mss = static_cast<std::uint16_t>(small);
    config.explicit_congestion_notification_asked = rng.chance({1, 2});
    return config;
}

void draw_streams(PairConfig& config, Rng& rng, const ScenarioOptions& options) {
    const auto pattern = options.pattern.value_or(static_cast<PairPattern>(rng.below(4)));
    std::uint64_t size = draw_magnitude(rng, 0, 20);
    size = options.size.value_or(size);
    StreamPlan& opener = config.streams[0];
    StreamPlan& listener = config.streams[1];
    if (pattern != PairPattern::Upload) listener.send_size = opener.receive_size = size;
    if (pattern != PairPattern::Download) opener.send_size = listener.receive_size = size;
    if (pattern == PairPattern::PingPong) {
        const std::uint64_t message = draw_magnitude(rng, 0, 13);
        opener.message_size = listener.message_size = message;
        const std::uint64_t messages = std::min<std::uint64_t>(size / message + 1, 200);
        opener.send_size = opener.receive_size = messages * message;
        listener.send_size = listener.receive_size = messages * message;
        opener.does_ask = true;
    }
    for (StreamPlan& stream : config.streams) {
        const bool is_slow = rng.chance(kOneInEight);
        const std::uint64_t part = 1 + stream.receive_size / 100;
        const std::uint64_t read_size = part + rng.below(part);
        if (is_slow) stream.read_size = read_size;
        stream.closes_early = rng.chance({1, 2});
    }
}

void draw_troubles(PairWorld& world, Rng& rng) {
    add_swizzle(world.troubles(), rng, world.lanes(), kTroubles);
    if (rng.chance({1, 4})) add_mtu_trouble(world.troubles(), rng, world.segment(), kTroubles);
    for (std::size_t side = 0; side < 2; ++side) {
        const HostId host = world.host_id(side);
        const bool pauses = rng.chance({1, 4});
        if (pauses) add_outage(world.troubles(), rng, host, false, kTroubles);
        const bool has_bad_clock = rng.chance({1, 4});
        if (has_bad_clock)
            add_clock_trouble(world.troubles(), rng, host, Duration::seconds(5), kTroubles);
    }
}

// What the slowest link and the slowest reader need, and what an engine waits for after its last
// try at the worst (RFC 6298 5.5: the pause may have doubled as long as the faults lasted).
Instant limit_of(const PairConfig& config) {
    const std::uint64_t bytes = config.streams[0].send_size + config.streams[1].send_size;
    const auto rate =
        static_cast<std::int64_t>(config.link.rate == 0 ? 1'000'000 : config.link.rate);
    const auto link_time = Duration::milliseconds(static_cast<std::int64_t>(bytes) * 4'000 / rate);
    const Duration round_trips = config.link.delay * 2 * 1'000;
    const Duration reading = config.streams[0].read_pause * 200;
    return kHealed + Duration::seconds(120) + link_time + round_trips + reading;
}

}  // namespace

ScenarioResult tcp_pair(const ScenarioOptions& options) {
    Rng rng(options.seed);
    PairConfig config;
    config.seed = options.seed;
    config.link = draw_link(rng, options);
    for (tcp::Config& tcp : config.tcp)
        tcp = draw_tcp(rng, options);
    draw_streams(config, rng, options);
    config.open_both = rng.chance(kOneInEight);
    config.healed_at = kHealed;
    config.observer = options.observer;
    config.has_offload = options.has_offload;
    PairWorld world(config);
    const bool has_troubles = rng.chance({1, 2});
    if (has_troubles) draw_troubles(world, rng);
    world.run(limit_of(config));

    ScenarioResult result;
    result.seed = options.seed;
    result.trace_hash = world.world().trace().to_hex();
    result.packets = world.world().deliveries();
    result.connections = world.host(0).is_finished() && world.host(1).is_finished() ? 1 : 0;
    result.bytes = world.host(0).application().received() + world.host(1).application().received();
    result.end = world.world().now();
    result.violation_count = world.log().count();
    result.violations = world.log().kept();
    return result;
}

}  // namespace shunt::sim
