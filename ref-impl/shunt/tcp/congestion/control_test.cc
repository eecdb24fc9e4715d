// SPDX-License-Identifier: Apache-2.0
// What every algorithm shares, and NewReno's part.
#include "shunt/tcp/congestion/control.hh"

#include <gtest/gtest.h>

namespace shunt::tcp::congestion {
namespace {

constexpr std::uint32_t kSegment = 1'000;

Acknowledged acknowledged(std::uint32_t count, std::uint32_t segments_max = 2) {
    return {.count = count, .segment_size = kSegment, .segments_max = segments_max};
}

Control reno(std::uint32_t window) {
    return Control(Algorithm::NewReno, window);
}

TEST(CongestionControl, DoublesInSlowStart) {
    for (const Algorithm algorithm : {Algorithm::NewReno, Algorithm::Cubic}) {
        Control control(algorithm, 10 * kSegment);
        for (int i = 0; i < 10; ++i)
            control.on_acknowledged(acknowledged(kSegment));
        EXPECT_EQ(control.window(), 20 * kSegment);
    }
}

TEST(CongestionControl, GrowsByTwoSegmentsAtMostForOneAcknowledgment) {
    Control control = reno(10 * kSegment);
    control.on_acknowledged(acknowledged(10 * kSegment));
    EXPECT_EQ(control.window(), 12 * kSegment);
    control.on_acknowledged(acknowledged(10 * kSegment, 1));
    EXPECT_EQ(control.window(), 13 * kSegment);
}

TEST(CongestionControl, DoesNotGrowWhereItDidNotLimit) {
    for (const std::uint32_t threshold : {10 * kSegment, 1'000 * kSegment}) {
        Control control = reno(10 * kSegment);
        control.restore(10 * kSegment, threshold);
        Acknowledged much = acknowledged(20 * kSegment);
        much.was_limiting = false;
        control.on_acknowledged(much);
        EXPECT_EQ(control.window(), 10 * kSegment);
    }
}

TEST(NewReno, GrowsByOneSegmentPerWindowInCongestionAvoidance) {
    Control control = reno(10 * kSegment);
    control.restore(10 * kSegment, 10 * kSegment);
    for (int i = 0; i < 9; ++i)
        control.on_acknowledged(acknowledged(kSegment));
    EXPECT_EQ(control.window(), 10 * kSegment);
    control.on_acknowledged(acknowledged(kSegment));
    EXPECT_EQ(control.window(), 11 * kSegment);
}

TEST(NewReno, HalvesWhatIsInFlightAtALoss) {
    Control control = reno(30 * kSegment);
    control.on_congestion(20 * kSegment, kSegment);
    EXPECT_EQ(control.threshold(), 10 * kSegment);
    EXPECT_EQ(control.window(), 10 * kSegment);
    EXPECT_FALSE(control.is_in_slow_start());
}

TEST(CongestionControl, NeverFallsUnderTwoSegmentsOfThreshold) {
    for (const Algorithm algorithm : {Algorithm::NewReno, Algorithm::Cubic}) {
        Control control(algorithm, kSegment);
        control.on_congestion(kSegment, kSegment);
        EXPECT_EQ(control.threshold(), 2 * kSegment);
    }
}

TEST(CongestionControl, StartsOverWithOneSegmentAfterATimeout) {
    Control control = reno(20 * kSegment);
    control.on_timeout(20 * kSegment, kSegment, true);
    EXPECT_EQ(control.window(), kSegment);
    EXPECT_EQ(control.threshold(), 10 * kSegment);
    // The same segment again says nothing new of the path (RFC 5681 3.1).
    control.on_timeout(kSegment, kSegment, false);
    EXPECT_EQ(control.threshold(), 10 * kSegment);
}

TEST(CongestionControl, StaysWithinTheLargestWindow) {
    for (const Algorithm algorithm : {Algorithm::NewReno, Algorithm::Cubic}) {
        Control control(algorithm, 10 * kSegment);
        control.restore(0xFFFF'FFFF, 0xFFFF'FFFF);
        EXPECT_EQ(control.window(), 1U << 30);
        Acknowledged much = acknowledged(0xFFFF'FFFF);
        much.segment_size = 65'000;
        control.on_acknowledged(much);
        EXPECT_EQ(control.window(), 1U << 30);
        control.restore(1U << 30, 1);
        for (int i = 0; i < 10; ++i)
            control.on_acknowledged(much);
        EXPECT_LE(control.window(), 1U << 30);
    }
}

TEST(CongestionControl, TakesNoStateOfAnotherAlgorithm) {
    Control control = reno(10 * kSegment);
    const Instant now;
    control.restore_state({.algorithm = Algorithm::Cubic, .cubic = {.window_max = 77}}, now);
    EXPECT_EQ(control.state(now), (State{.algorithm = Algorithm::NewReno, .cubic = {}}));
    Control other(Algorithm::Cubic, 10 * kSegment);
    const State before = other.state(now);
    other.restore_state({.algorithm = Algorithm::NewReno, .cubic = {.window_max = 77}}, now);
    EXPECT_EQ(other.state(now), before);
}

}  // namespace
}  // namespace shunt::tcp::congestion
