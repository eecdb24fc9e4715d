// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/world.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "shunt/sim/world_fixture.hh"

namespace shunt::sim {
namespace {

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
    plan.orders.push_back({to_b, 2, 3, OrderAction::Drop, {}});
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
    EXPECT_EQ(trace, "785dff734a723894");
}

}  // namespace
}  // namespace shunt::sim
