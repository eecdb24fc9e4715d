// SPDX-License-Identifier: Apache-2.0
// What befalls links and hosts: each trouble does what its name says, and ends when it is ended.
#include <gtest/gtest.h>

#include <vector>

#include "shunt/sim/world_fixture.hh"

namespace shunt::sim {
namespace {

using Numbers = std::vector<std::uint32_t>;

constexpr Instant at_us(std::int64_t microseconds) {
    return Instant{} + Duration::microseconds(microseconds);
}

FrameOrder order_to_b(std::uint64_t first, std::uint64_t last, OrderAction action,
                      Duration delay = {}) {
    FrameOrder order;
    order.pattern.destination = mac(1);
    order.first = first;
    order.last = last;
    order.action = action;
    order.delay = delay;
    return order;
}

void send_to_b(Trio& trio, std::uint32_t first, std::uint32_t last, std::size_t padding = 0) {
    for (std::uint32_t number = first; number <= last; ++number)
        trio.a.send(mac(1), number, padding);
    trio.world.wake(trio.ids[0]);
}

TEST(FrameOrders, DelayPutsAFrameBehindLaterOnes) {
    FaultPlan plan;
    plan.orders.push_back(order_to_b(2, 2, OrderAction::Delay, Duration::milliseconds(1)));
    Trio trio(plan);
    send_to_b(trio, 1, 4);
    trio.run();
    EXPECT_EQ(trio.b.numbers(), (Numbers{1, 3, 4, 2}));
    EXPECT_EQ(trio.b.received.back().time, at_us(1'000));
}

TEST(FrameOrders, DuplicateBringsASecondCopyAndCorruptChangesOneByte) {
    FaultPlan plan;
    plan.orders.push_back(order_to_b(1, 1, OrderAction::Duplicate));
    plan.orders.push_back(order_to_b(3, 3, OrderAction::Corrupt));
    Trio trio(plan);
    send_to_b(trio, 1, 3);
    trio.run();
    ASSERT_EQ(trio.b.received.size(), 4U);
    EXPECT_EQ(trio.b.received[1].number, 1U);
    EXPECT_NE(trio.b.received[3].number, 3U);
    EXPECT_EQ(trio.world.counts(trio.segment).faults.corrupted, 1U);
}

TEST(Rate, SpacesFramesAndDropsAtTheTailOfTheQueue) {
    FaultPlan plan;
    plan.rate = 1'000'000;  // a byte each microsecond
    plan.queue_max = 2'000;
    plan.delay = Duration::microseconds(10);
    Trio trio(plan);
    send_to_b(trio, 1, 5, 1'000 - 4 - wire::kEthernetHeaderSize);
    trio.run();
    // The first goes out at once; then 1,000 and 2,000 bytes wait; what finds more is dropped.
    EXPECT_EQ(trio.b.numbers(), (Numbers{1, 2, 3}));
    EXPECT_EQ(trio.b.arrivals(), (std::vector<Instant>{at_us(1'010), at_us(2'010), at_us(3'010)}));
    EXPECT_EQ(trio.world.counts(trio.segment).faults.queue_full, 2U);
}

TEST(Passage, CutLosesInOneDirectionOnly) {
    Trio trio(FaultPlan{});
    trio.world.set_passage(trio.segment, trio.ids[0], trio.ids[1], Lane::Passage::Cut);
    send_to_b(trio, 1, 1);
    trio.a.send(mac(2), 2);
    trio.b.send(mac(0), 3);
    trio.world.wake(trio.ids[1]);
    trio.run();
    EXPECT_EQ(trio.b.numbers(), Numbers{});
    EXPECT_EQ(trio.c.numbers(), Numbers{2});
    EXPECT_EQ(trio.a.numbers(), Numbers{3});
    EXPECT_EQ(trio.world.counts(trio.segment).faults.cut, 1U);
    trio.world.set_passage(trio.segment, trio.ids[0], trio.ids[1], Lane::Passage::Open);
    send_to_b(trio, 4, 4);
    trio.world.run_until(at_us(3'000'000));
    EXPECT_EQ(trio.b.numbers(), Numbers{4});
}

TEST(Passage, ClogKeepsFramesUntilTheLaneOpens) {
    Trio trio(FaultPlan{});
    trio.world.set_passage(trio.segment, trio.ids[0], trio.ids[1], Lane::Passage::Clogged);
    send_to_b(trio, 1, 3);
    trio.world.wait_until(at_us(500));
    EXPECT_EQ(trio.b.numbers(), Numbers{});
    trio.world.set_passage(trio.segment, trio.ids[0], trio.ids[1], Lane::Passage::Open);
    trio.world.run_until(at_us(600));
    EXPECT_EQ(trio.b.numbers(), (Numbers{1, 2, 3}));
    EXPECT_EQ(trio.b.arrivals(), (std::vector<Instant>(3, at_us(500))));
}

TEST(Passage, CutLosesWhatTheClogKept) {
    Trio trio(FaultPlan{});
    trio.world.set_passage(trio.segment, trio.ids[0], trio.ids[1], Lane::Passage::Clogged);
    send_to_b(trio, 1, 3);
    trio.world.set_passage(trio.segment, trio.ids[0], trio.ids[1], Lane::Passage::Cut);
    trio.run();
    EXPECT_EQ(trio.b.numbers(), Numbers{});
    EXPECT_EQ(trio.world.counts(trio.segment).faults.cut, 3U);
}

TEST(Pause, FramesAndDeadlinesWaitForTheHost) {
    Trio trio(FaultPlan{});
    trio.b.set_deadline(at_us(100));
    trio.world.wake(trio.ids[1]);
    trio.world.pause(trio.ids[1]);
    send_to_b(trio, 1, 2);
    trio.world.run_until(at_us(400));
    trio.world.wait_until(at_us(500));
    EXPECT_EQ(trio.b.numbers(), Numbers{});
    EXPECT_TRUE(trio.b.expired.empty());
    trio.world.resume(trio.ids[1]);
    trio.world.run_until(at_us(600));
    EXPECT_EQ(trio.b.numbers(), (Numbers{1, 2}));
    EXPECT_EQ(trio.b.expired, std::vector<Instant>{at_us(500)});
}

TEST(Crash, NothingReachesAHostThatIsDownAndTheFreshOneStartsEmpty) {
    Trio trio(FaultPlan{});
    trio.b.set_deadline(at_us(100));
    trio.world.wake(trio.ids[1]);
    trio.b.send(mac(2), 9);
    trio.world.wake(trio.ids[1]);
    trio.world.crash(trio.ids[1]);
    send_to_b(trio, 1, 2);
    trio.world.run_until(at_us(500));
    EXPECT_EQ(trio.b.numbers(), Numbers{});
    EXPECT_TRUE(trio.b.expired.empty());
    EXPECT_EQ(trio.c.numbers(), Numbers{9}) << "what a host sent before arrives";
    EXPECT_EQ(trio.world.counts(trio.segment).faults.host_down, 2U);
    TestHost fresh{mac(1)};
    trio.world.restart(trio.ids[1], fresh);
    send_to_b(trio, 3, 3);
    trio.world.run_until(at_us(600));
    EXPECT_EQ(fresh.numbers(), Numbers{3});
    EXPECT_EQ(trio.b.numbers(), Numbers{});
}

TEST(Clocks, JumpLetsDeadlinesComeEarlierAndShowsInWhatTheHostReads) {
    Trio trio(FaultPlan{});
    trio.b.set_deadline(at_us(1'000));
    trio.world.wake(trio.ids[1]);
    trio.world.run_until(at_us(100));
    trio.world.jump_clock(trio.ids[1], Duration::microseconds(600));
    EXPECT_EQ(trio.world.host_now(trio.ids[1]), at_us(700));
    EXPECT_EQ(trio.world.next_event(), at_us(400));
    trio.world.run_until(at_us(2'000));
    EXPECT_EQ(trio.b.expired, std::vector<Instant>{at_us(1'000)}) << "by its own clock";
    trio.a.set_deadline(at_us(2'500));
    trio.world.wake(trio.ids[0]);
    EXPECT_EQ(trio.world.next_event(), at_us(2'500)) << "other clocks are as they were";
}

TEST(Clocks, FastClockReachesItsDeadlineSooner) {
    Trio trio(FaultPlan{});
    trio.world.run_clock_fast(trio.ids[1], 100'000);
    trio.b.set_deadline(at_us(1'100));
    trio.world.wake(trio.ids[1]);
    EXPECT_EQ(trio.world.next_event(), at_us(1'000));
}

}  // namespace
}  // namespace shunt::sim
