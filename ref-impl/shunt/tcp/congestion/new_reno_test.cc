// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/congestion/new_reno.hh"

#include <gtest/gtest.h>

namespace shunt::tcp::congestion {
namespace {

constexpr std::uint32_t kSegment = 1'000;

TEST(NewReno, DoublesInSlowStart) {
    NewReno reno(10 * kSegment);
    for (int i = 0; i < 10; ++i)
        reno.on_acknowledged(kSegment, kSegment, true, 2);
    EXPECT_EQ(reno.window(), 20 * kSegment);
}

TEST(NewReno, GrowsByTwoSegmentsAtMostForOneAcknowledgment) {
    NewReno reno(10 * kSegment);
    reno.on_acknowledged(10 * kSegment, kSegment, true, 2);
    EXPECT_EQ(reno.window(), 12 * kSegment);
    reno.on_acknowledged(10 * kSegment, kSegment, true, 1);
    EXPECT_EQ(reno.window(), 13 * kSegment);
}

TEST(NewReno, DoesNotGrowWhereItDidNotLimit) {
    NewReno reno(10 * kSegment);
    reno.on_acknowledged(5 * kSegment, kSegment, false, 2);
    EXPECT_EQ(reno.window(), 10 * kSegment);
}

TEST(NewReno, GrowsByOneSegmentPerWindowInCongestionAvoidance) {
    NewReno reno(10 * kSegment);
    reno.restore(10 * kSegment, 10 * kSegment);
    for (int i = 0; i < 9; ++i)
        reno.on_acknowledged(kSegment, kSegment, true, 2);
    EXPECT_EQ(reno.window(), 10 * kSegment);
    reno.on_acknowledged(kSegment, kSegment, true, 2);
    EXPECT_EQ(reno.window(), 11 * kSegment);
}

TEST(NewReno, HalvesWhatIsInFlightAtALoss) {
    NewReno reno(30 * kSegment);
    reno.on_congestion(20 * kSegment, kSegment);
    EXPECT_EQ(reno.threshold(), 10 * kSegment);
    EXPECT_EQ(reno.window(), 10 * kSegment);
    EXPECT_FALSE(reno.is_in_slow_start());
}

TEST(NewReno, NeverFallsUnderTwoSegmentsOfThreshold) {
    NewReno reno(kSegment);
    reno.on_congestion(kSegment, kSegment);
    EXPECT_EQ(reno.threshold(), 2 * kSegment);
}

TEST(NewReno, StartsOverWithOneSegmentAfterATimeout) {
    NewReno reno(20 * kSegment);
    reno.on_timeout(20 * kSegment, kSegment, true);
    EXPECT_EQ(reno.window(), kSegment);
    EXPECT_EQ(reno.threshold(), 10 * kSegment);
    // The same segment again says nothing new of the path (RFC 5681 3.1).
    reno.on_timeout(kSegment, kSegment, false);
    EXPECT_EQ(reno.threshold(), 10 * kSegment);
}

TEST(NewReno, StaysWithinTheLargestWindow) {
    NewReno reno(10 * kSegment);
    reno.restore(0xFFFF'FFFF, 0xFFFF'FFFF);
    EXPECT_EQ(reno.window(), 1U << 30);
    reno.on_acknowledged(0xFFFF'FFFF, 65'000, true, 2);
    EXPECT_EQ(reno.window(), 1U << 30);
}

}  // namespace
}  // namespace shunt::tcp::congestion
