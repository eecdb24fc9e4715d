// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/impair_runner.hh"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "shunt/app/version.hh"
#include "shunt/base/deadline.hh"
#include "shunt/runtime/clock.hh"

namespace shunt::app {
namespace {

constexpr std::array<const char*, 2> kSideNames = {"left", "right"};

nlohmann::ordered_json to_json(const link::ImpairmentCounts& counts) {
    return {{"arrived", counts.arrived},     {"delivered", counts.delivered},
            {"with_text", counts.with_text}, {"dropped", counts.dropped},
            {"lost", counts.lost},           {"repeated", counts.repeated},
            {"corrupted", counts.corrupted}, {"late", counts.late},
            {"marked", counts.marked},       {"overflowed", counts.overflowed}};
}

std::array<link::ImpairmentLane, 2> make_lanes(const ImpairOptions& options, PacketPool& pool,
                                               const SegmentReader& reader) {
    Rng rng(options.seed);
    const Rng first = rng.fork();
    const Rng second = rng.fork();
    return {link::ImpairmentLane(options.to_right, first, pool, reader),
            link::ImpairmentLane(options.to_left, second, pool, reader)};
}

}  // namespace

ImpairRunner::ImpairRunner(const ImpairOptions& options)
    : options_(options), lanes_(make_lanes(options_, pool_, reader_)) {}

std::string ImpairRunner::open(runtime::EventLoop& loop) {
    if (options_.capture) {
        auto sink = runtime::FileSink::create(*options_.capture);
        if (!sink) return sink.error().text;
        sink_ = std::move(*sink);
        writer_ =
            std::make_unique<link::PcapngWriter>(*sink_, fmt::format("shunt-impair {}", kVersion));
    }
    std::string trouble = open_side(0, options_.left, loop);
    if (trouble.empty()) trouble = open_side(1, options_.right, loop);
    return trouble;
}

std::string ImpairRunner::open_side(std::size_t index, const runtime::DeviceAddress& address,
                                    runtime::EventLoop& loop) {
    auto opened = runtime::open_device(address, pool_, counters_);
    if (!opened) return opened.error().text;
    Side& side = sides_.at(index);
    side.device = opened->get();
    loop.watch(side.device->descriptor(), static_cast<runtime::EventLoop::Token>(index));
    side.port = std::move(*opened);
    if (!writer_) return {};
    const std::uint32_t interface = writer_->add_interface(kSideNames.at(index));
    auto capture =
        std::make_unique<link::PcapPort>(std::move(side.port), *writer_, interface, offload_);
    side.capture = capture.get();
    side.port = std::move(capture);
    return {};
}

ImpairRunner::End ImpairRunner::run(runtime::EventLoop& loop) {
    while (true) {
        const Instant now = runtime::monotonic_now();
        int received = 0;
        for (std::size_t index = 0; index < kSides; ++index) {
            if (link::PcapPort* capture = sides_.at(index).capture)
                capture->set_time(runtime::wall_clock_now());
            received += receive(index, now);
        }
        for (std::size_t index = 0; index < kSides; ++index)
            deliver(index, now);
        if (!report_complaints()) return End::DeviceLost;
        const auto due = earlier(lanes_[0].poll_deadline(), lanes_[1].poll_deadline());
        loop.wait(received > 0 ? now : due);
        if (loop.is_interrupted()) return End::Interrupted;
    }
}

/// A wire carries segments one by one and with their checksums, whatever a device left to us.
int ImpairRunner::receive(std::size_t index, Instant now) {
    int count = 0;
    while (count < kBatch) {
        std::optional<Packet> frame = sides_.at(index).port->receive();
        if (!frame) break;
        ++count;
        if (!frame->unfinished().any()) {
            lanes_.at(index).push(std::move(*frame), now);
            continue;
        }
        for (Packet& finished : offload_.finish(*frame))
            lanes_.at(index).push(std::move(finished), now);
    }
    return count;
}

/// A device counts its own losses.
void ImpairRunner::deliver(std::size_t index, Instant now) {
    const std::size_t other = 1 - index;
    while (std::optional<Packet> frame = lanes_.at(index).pop(now))
        sides_.at(other).port->transmit(std::move(*frame));
}

/// False if a device is gone.
bool ImpairRunner::report_complaints() {
    bool is_whole = true;
    for (const Side& side : sides_) {
        if (const auto complaint = side.device->take_complaint())
            fmt::print(stderr, "shunt-impair: {}\n", *complaint);
        is_whole = is_whole && !side.device->is_gone();
    }
    return is_whole;
}

std::string ImpairRunner::report() const {
    nlohmann::ordered_json counters = nlohmann::ordered_json::object();
    for (std::size_t index = 0; index < kCounterCount; ++index) {
        const auto counter = static_cast<Counter>(index);
        if (const std::uint64_t value = counters_.value(counter); value != 0)
            counters[std::string(counter_name(counter))] = value;
    }
    const nlohmann::ordered_json report = {{"schema", 1},
                                           {"seed", options_.seed},
                                           {"to_right", to_json(lanes_[0].counts())},
                                           {"to_left", to_json(lanes_[1].counts())},
                                           {"counters", counters}};
    return report.dump() + "\n";
}

}  // namespace shunt::app
