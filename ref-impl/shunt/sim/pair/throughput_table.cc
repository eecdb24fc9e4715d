// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/pair/throughput_table.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "shunt/sim/pair/pair_world.hh"

namespace shunt::sim {
namespace {

constexpr std::uint64_t kSize = 2'000'000;
/// 100 Mbit/s.
constexpr std::uint64_t kRate = 12'500'000;
constexpr std::size_t kQueue = 128 * 1'024;
/// Slower than one byte a millisecond is no transfer.
constexpr Instant kLimit = Instant::from_nanoseconds(2'000'000'000'000);
constexpr std::array<std::uint64_t, 5> kSeeds = {1, 2, 3, 4, 5};

struct Case {
    tcp::congestion::Algorithm control{};
    Ratio loss;
    std::int64_t round_trip_ms = 0;
    std::uint32_t buffer = 0;
};

constexpr std::array<tcp::congestion::Algorithm, 2> kControls = {
    tcp::congestion::Algorithm::Cubic, tcp::congestion::Algorithm::NewReno};
constexpr std::array<Ratio, 5> kLosses = {
    {{0, 1'000}, {1, 1'000}, {10, 1'000}, {30, 1'000}, {100, 1'000}}};
constexpr std::array<std::int64_t, 3> kRoundTripsMs = {1, 20, 100};
constexpr std::array<std::uint32_t, 2> kBuffers = {64 * 1'024, 1'024 * 1'024};

PairConfig config_of(const Case& wanted, std::uint64_t seed) {
    PairConfig config;
    config.seed = seed;
    config.link.loss = wanted.loss;
    config.link.delay = Duration::milliseconds(wanted.round_trip_ms) / 2;
    config.link.rate = kRate;
    config.link.queue_max = kQueue;
    for (tcp::Config& tcp : config.tcp) {
        tcp.congestion_control = wanted.control;
        tcp.send_buffer_max = wanted.buffer;
        tcp.receive_buffer_max = wanted.buffer;
    }
    config.streams[1].send_size = config.streams[0].receive_size = kSize;
    return config;
}

std::string_view name_of(tcp::congestion::Algorithm control) {
    switch (control) {
        case tcp::congestion::Algorithm::NewReno:
            return "newreno";
        case tcp::congestion::Algorithm::Cubic:
            return "cubic";
    }
    return "";
}

// The median of the seeds: one unlucky loss is not the engine's.
Duration completion_time(const Case& wanted) {
    std::array<Duration, kSeeds.size()> times{};
    for (std::size_t i = 0; i < kSeeds.size(); ++i) {
        PairWorld world(config_of(wanted, kSeeds[i]));
        world.run(kLimit);
        times[i] = world.completed_at().value_or(kLimit).since_origin();
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

std::string line_of(const Case& wanted) {
    const Duration time = completion_time(wanted);
    const auto microseconds =
        static_cast<std::uint64_t>(std::max<std::int64_t>(time.to_microseconds(), 1));
    const std::uint64_t kilobytes_per_second = kSize * 1'000 / microseconds;
    return fmt::format("{:<8} {:>3}/1000 {:>4} ms {:>5} KiB {:>7} ms {:>6} kB/s\n",
                       name_of(wanted.control), wanted.loss.numerator, wanted.round_trip_ms,
                       wanted.buffer / 1'024, time.to_milliseconds(), kilobytes_per_second);
}

}  // namespace

std::string throughput_table() {
    std::string table = fmt::format(
        "# A download of {} bytes over {} bytes/s with a queue of {} bytes; loss in each "
        "direction;\n"
        "# the median of {} seeds. Written by shunt-sim --update-table.\n"
        "# control    loss     rtt    buffer       time      speed\n",
        kSize, kRate, kQueue, kSeeds.size());
    for (const tcp::congestion::Algorithm control : kControls) {
        for (const std::uint32_t buffer : kBuffers) {
            for (const std::int64_t round_trip_ms : kRoundTripsMs) {
                for (const Ratio loss : kLosses)
                    table += line_of({control, loss, round_trip_ms, buffer});
            }
        }
    }
    return table;
}

}  // namespace shunt::sim
