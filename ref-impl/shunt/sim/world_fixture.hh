// SPDX-License-Identifier: Apache-2.0
// Three hosts on one segment that send what a test tells them, and note what they get and when.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shunt/sim/world.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::sim {

inline constexpr std::uint16_t kTestType = 0x88B6;

inline wire::MacAddress mac(std::uint8_t number) {
    return wire::MacAddress({2, 0, 0, 0, 0, number});
}

// Sends what it is told to, notes what it gets, and answers a ping if it may.
class TestHost : public Host {
  public:
    struct Received {
        Instant time;
        link::LinkId link{};
        std::uint32_t number = 0;
        std::size_t size = 0;
    };

    explicit TestHost(wire::MacAddress own) : own_(own) {}

    void send(wire::MacAddress to, std::uint32_t number, std::size_t padding = 0) {
        Packet frame = pool_.take();
        store_u32(frame.append(4), 0, number);
        std::ranges::fill(frame.append(padding), std::uint8_t{0});
        wire::EthernetHeader{to, own_, kTestType}.prepend_to(frame);
        outgoing_.push_back({link::LinkId::Front, std::move(frame)});
    }
    void set_deadline(std::optional<Instant> deadline) { deadline_ = deadline; }

    void handle_frame(link::LinkId link, Packet frame, Instant now) override {
        const std::uint32_t number = load_u32(frame.bytes(), wire::kEthernetHeaderSize);
        received.push_back({now, link, number, frame.size()});
    }
    void handle_deadline(Instant now) override {
        expired.push_back(now);
        if (!is_stuck) deadline_.reset();
    }
    std::optional<link::OutgoingFrame> poll_transmit(Instant) override {
        if (outgoing_.empty()) return std::nullopt;
        link::OutgoingFrame frame = std::move(outgoing_.front());
        outgoing_.pop_front();
        return frame;
    }
    std::optional<Instant> poll_deadline() const override { return deadline_; }

    std::vector<std::uint32_t> numbers() const {
        std::vector<std::uint32_t> result;
        for (const Received& one : received)
            result.push_back(one.number);
        return result;
    }

    std::vector<Instant> arrivals() const {
        std::vector<Instant> result;
        for (const Received& one : received)
            result.push_back(one.time);
        return result;
    }

    std::vector<Received> received;
    std::vector<Instant> expired;
    bool is_stuck = false;

  private:
    wire::MacAddress own_;
    PacketPool pool_;
    std::deque<link::OutgoingFrame> outgoing_;
    std::optional<Instant> deadline_;
};

// Three hosts on one segment.
struct Trio {
    explicit Trio(FaultPlan faults, std::uint64_t seed = 1) : world(seed) {
        SegmentConfig config;
        config.name = "front";
        config.faults = std::move(faults);
        segment = world.add_segment(std::move(config));
        TestHost* const hosts[] = {&a, &b, &c};
        for (std::uint8_t i = 0; i < 3; ++i) {
            ids.push_back(world.add_host(std::string(1, static_cast<char>('a' + i)), *hosts[i]));
            world.attach(ids.back(), link::LinkId::Front, segment, mac(i));
        }
    }
    void run() {
        world.wake(ids[0]);
        world.run_until(Instant::from_nanoseconds(1'000'000'000));
    }

    World world;
    SegmentId segment{};
    std::vector<HostId> ids;
    TestHost a{mac(0)};
    TestHost b{mac(1)};
    TestHost c{mac(2)};
};

}  // namespace shunt::sim
