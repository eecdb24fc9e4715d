// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/world.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "shunt/wire/ethernet.hh"

namespace shunt::sim {
namespace {

constexpr std::uint16_t kTestType = 0x88B6;

wire::MacAddress mac(std::uint8_t number) {
    return wire::MacAddress({2, 0, 0, 0, 0, number});
}

// Sends what it is told to, notes what it gets, and answers a ping if it may.
class TestHost : public Host {
  public:
    struct Received {
        Instant time;
        link::LinkId link{};
        std::uint32_t number = 0;
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
        received.push_back({now, link, number});
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

TEST(World, UnicastReachesTheOneHostAfterTheDelay) {
    FaultPlan plan;
    plan.delay = Duration::microseconds(20);
    Trio trio(plan);
    trio.a.send(mac(1), 7);
    trio.run();
    ASSERT_EQ(trio.b.received.size(), 1U);
    EXPECT_EQ(trio.b.received[0].number, 7U);
    EXPECT_EQ(trio.b.received[0].time, Instant::from_nanoseconds(20'000));
    EXPECT_TRUE(trio.c.received.empty());
    EXPECT_EQ(trio.world.deliveries(), 1U);
}

TEST(World, BroadcastReachesAllOthersAndUnknownDestinationNobody) {
    Trio trio(FaultPlan{});
    trio.a.send(wire::MacAddress::broadcast(), 1);
    trio.a.send(mac(9), 2);
    trio.run();
    EXPECT_EQ(trio.b.numbers(), std::vector<std::uint32_t>{1});
    EXPECT_EQ(trio.c.numbers(), std::vector<std::uint32_t>{1});
    EXPECT_TRUE(trio.a.received.empty());
    EXPECT_EQ(trio.world.counts(trio.segment).unknown_destination, 1U);
}

TEST(World, FrameOfTheMtuPassesAndOneByteMoreDoesNot) {
    Trio trio(FaultPlan{});
    trio.a.send(mac(1), 1, 1'500 - 4);
    trio.a.send(mac(1), 2, 1'500 - 4 + 1);
    trio.run();
    EXPECT_EQ(trio.b.numbers(), std::vector<std::uint32_t>{1});
    EXPECT_EQ(trio.world.counts(trio.segment).too_long, 1U);
}

TEST(World, LossAndRepetitionHappenAboutAsOftenAsPlanned) {
    FaultPlan plan;
    plan.loss = {1, 20};
    plan.repetition = {1, 20};
    Trio trio(plan);
    constexpr std::uint32_t kFrames = 20'000;
    for (std::uint32_t i = 0; i < kFrames; ++i)
        trio.a.send(mac(1), i);
    trio.run();
    const FaultCounts& counts = trio.world.counts(trio.segment).faults;
    EXPECT_GT(counts.lost, 850U);
    EXPECT_LT(counts.lost, 1'150U);
    EXPECT_GT(counts.repeated, 800U);
    EXPECT_LT(counts.repeated, 1'100U);
    EXPECT_EQ(trio.b.received.size(), kFrames - counts.lost + counts.repeated);
}

TEST(World, JitterAloneKeepsTheOrder) {
    FaultPlan plan;
    plan.jitter_max = Duration::milliseconds(1);
    Trio trio(plan);
    for (std::uint32_t i = 0; i < 1'000; ++i)
        trio.a.send(mac(1), i);
    trio.run();
    const auto numbers = trio.b.numbers();
    ASSERT_EQ(numbers.size(), 1'000U);
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
}

TEST(World, ReorderedFramesAreOvertaken) {
    FaultPlan plan;
    plan.reordering = {1, 10};
    plan.reordering_delay_max = Duration::milliseconds(1);
    Trio trio(plan);
    for (std::uint32_t i = 0; i < 1'000; ++i)
        trio.a.send(mac(1), i);
    trio.run();
    const auto numbers = trio.b.numbers();
    ASSERT_EQ(numbers.size(), 1'000U);
    EXPECT_FALSE(std::ranges::is_sorted(numbers));
    EXPECT_GT(trio.world.counts(trio.segment).faults.reordered, 60U);
    EXPECT_LT(trio.world.counts(trio.segment).faults.reordered, 140U);
}

TEST(World, DropOrderTakesTheNamedFramesOnly) {
    FaultPlan plan;
    FramePattern to_b;
    to_b.destination = mac(1);
    plan.drops.push_back({to_b, 2, 3});
    Trio trio(plan);
    for (std::uint32_t i = 1; i <= 4; ++i) {
        trio.a.send(mac(1), i);
        trio.a.send(mac(2), i);
    }
    trio.run();
    EXPECT_EQ(trio.b.numbers(), (std::vector<std::uint32_t>{1, 4}));
    EXPECT_EQ(trio.c.numbers(), (std::vector<std::uint32_t>{1, 2, 3, 4}));
    EXPECT_EQ(trio.world.counts(trio.segment).faults.dropped_by_order, 2U);
}

TEST(World, ArrivalComesBeforeADeadlineOfTheSameInstant) {
    FaultPlan plan;
    plan.delay = Duration::microseconds(5);
    Trio trio(plan);
    trio.a.send(mac(1), 1);
    trio.b.set_deadline(Instant::from_nanoseconds(5'000));
    trio.world.wake(trio.ids[1]);
    trio.world.wake(trio.ids[0]);
    ASSERT_TRUE(trio.world.step());
    EXPECT_EQ(trio.b.received.size(), 1U);
    EXPECT_TRUE(trio.b.expired.empty());
    ASSERT_TRUE(trio.world.step());
    EXPECT_EQ(trio.b.expired.size(), 1U);
}

TEST(World, RunEndsAtTheLimitOrWhenNothingIsLeft) {
    Trio trio(FaultPlan{});
    const Instant late = Instant::from_nanoseconds(2'000);
    trio.b.set_deadline(late);
    trio.world.wake(trio.ids[1]);
    EXPECT_EQ(trio.world.run_until(Instant::from_nanoseconds(1'999)), World::End::TimeLimit);
    EXPECT_TRUE(trio.b.expired.empty());
    EXPECT_EQ(trio.world.run_until(late), World::End::Idle);
    EXPECT_EQ(trio.b.expired, std::vector<Instant>{late});
}

TEST(World, NamesTheHostThatDoesNotStop) {
    Trio trio(FaultPlan{});
    trio.b.is_stuck = true;
    trio.b.set_deadline(Instant::from_nanoseconds(10));
    trio.world.wake(trio.ids[1]);
    EXPECT_EQ(trio.world.run_until(Instant::from_nanoseconds(20)), World::End::Stuck);
    ASSERT_TRUE(trio.world.stuck_host());
    EXPECT_EQ(trio.world.name(*trio.world.stuck_host()), "b");
}

std::string trace_of(std::uint64_t seed, std::uint32_t last_number) {
    FaultPlan plan;
    plan.loss = {1, 10};
    plan.repetition = {1, 10};
    plan.reordering = {1, 10};
    plan.reordering_delay_max = Duration::milliseconds(2);
    plan.jitter_max = Duration::microseconds(50);
    Trio trio(plan, seed);
    for (std::uint32_t i = 0; i < 500; ++i)
        trio.a.send(wire::MacAddress::broadcast(), i);
    trio.a.send(mac(1), last_number);
    trio.run();
    return trio.world.trace().to_hex();
}

TEST(World, TraceDependsOnSeedAndContentAlone) {
    const std::string trace = trace_of(1, 0);
    EXPECT_EQ(trace, trace_of(1, 0));
    EXPECT_NE(trace, trace_of(2, 0));
    EXPECT_NE(trace, trace_of(1, 1));
    // The same with every compiler.
    EXPECT_EQ(trace, "af652b253cae48bf");
}

}  // namespace
}  // namespace shunt::sim
