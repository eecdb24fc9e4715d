// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/rtt.hh"

#include <gtest/gtest.h>

#include "shunt/base/rng.hh"

namespace shunt::tcp {
namespace {

constexpr RttEstimator::Limits kLimits{};

TEST(RttEstimator, WaitsOneSecondBeforeTheFirstSample) {
    RttEstimator rtt(kLimits);
    EXPECT_EQ(rtt.timeout(), Duration::seconds(1));
    rtt.be_careful_after_handshake();
    EXPECT_EQ(rtt.timeout(), Duration::seconds(3));
}

TEST(RttEstimator, FollowsTheFormulasOfRfc6298) {
    RttEstimator rtt(kLimits);
    rtt.sample(Duration::milliseconds(400));
    // SRTT 400, RTTVAR 200: 400 + 4 * 200.
    EXPECT_EQ(rtt.timeout(), Duration::milliseconds(1'200));
    rtt.sample(Duration::milliseconds(480));
    // RTTVAR 3/4 * 200 + 1/4 * 80 = 170, SRTT 7/8 * 400 + 1/8 * 480 = 410.
    EXPECT_EQ(rtt.smoothed(), Duration::milliseconds(410));
    EXPECT_EQ(rtt.timeout(), Duration::milliseconds(410 + 680));
    EXPECT_EQ(rtt.minimum(), Duration::milliseconds(400));
}

TEST(RttEstimator, StaysBetweenItsFloorAndItsCeiling) {
    RttEstimator rtt(kLimits);
    for (int i = 0; i < 50; ++i)
        rtt.sample(Duration::microseconds(50));
    EXPECT_EQ(rtt.timeout(), Duration::milliseconds(200));
    for (int i = 0; i < 40; ++i)
        rtt.back_off();
    EXPECT_EQ(rtt.timeout(), Duration::seconds(60));
}

TEST(RttEstimator, ConvergesOnAConstantRoundTrip) {
    RttEstimator rtt(kLimits);
    rtt.sample(Duration::milliseconds(10));
    for (int i = 0; i < 100; ++i)
        rtt.sample(Duration::milliseconds(300));
    EXPECT_GE(rtt.smoothed(), Duration::milliseconds(299));
    EXPECT_LE(rtt.smoothed(), Duration::milliseconds(300));
    EXPECT_LE(rtt.timeout(), Duration::milliseconds(303));
}

TEST(RttEstimator, EndsItsBackoffWithASample) {
    RttEstimator rtt(kLimits);
    rtt.sample(Duration::milliseconds(100));
    const Duration before = rtt.timeout();
    rtt.back_off();
    EXPECT_EQ(rtt.timeout(), before * 2);
    rtt.sample(Duration::milliseconds(100));
    EXPECT_LE(rtt.timeout(), before);
}

TEST(RttEstimator, IsTheSameAfterAnyMove) {
    Rng rng(3);
    for (int trial = 0; trial < 2'000; ++trial) {
        RttEstimator rtt(kLimits);
        if (rng.chance({1, 5})) rtt.be_careful_after_handshake();
        const std::uint64_t samples = rng.below(6);
        for (std::uint64_t i = 0; i < samples; ++i) {
            const auto microseconds = static_cast<std::int64_t>(rng.below(20'000'000));
            rtt.sample(Duration::microseconds(microseconds >> rng.below(20)));
        }
        const std::uint64_t timeouts = rng.below(10);
        for (std::uint64_t i = 0; i < timeouts; ++i)
            rtt.back_off();
        RttEstimator moved(kLimits);
        moved.restore(rtt.snapshot());
        const auto first = rtt.snapshot();
        const auto second = moved.snapshot();
        ASSERT_EQ(first.smoothed_eighth_ms, second.smoothed_eighth_ms);
        ASSERT_EQ(first.variation_fourth_ms, second.variation_fourth_ms);
        ASSERT_EQ(first.min_ms, second.min_ms);
        ASSERT_EQ(first.timeout_ms, second.timeout_ms) << "trial " << trial;
    }
}

TEST(RttEstimator, RestoredFromMicrosecondsHasTheSameTimeout) {
    Rng rng(43);
    for (int trial = 0; trial < 10'000; ++trial) {
        RttEstimator rtt(kLimits);
        const std::uint64_t samples = rng.below(6);
        for (std::uint64_t i = 0; i < samples; ++i)
            rtt.sample(Duration::microseconds(static_cast<std::int64_t>(rng.below(5'000'000))));
        const std::uint64_t timeouts = rng.below(7);
        for (std::uint64_t i = 0; i < timeouts; ++i)
            rtt.back_off();
        RttEstimator moved(kLimits);
        moved.restore(rtt.smoothed(), rtt.variation(), rtt.minimum(), rtt.timeout());
        ASSERT_EQ(moved.smoothed(), rtt.smoothed());
        ASSERT_EQ(moved.variation(), rtt.variation());
        ASSERT_EQ(moved.minimum(), rtt.minimum());
        const Duration difference = rtt.timeout() - moved.timeout();
        // What is under a microsecond may turn two milliseconds; each doubling doubles them.
        const auto limit = Duration::milliseconds(std::int64_t{2} << timeouts);
        ASSERT_LE(difference, limit) << "trial " << trial;
        ASSERT_GE(difference, Duration{}) << "trial " << trial;
    }
}

}  // namespace
}  // namespace shunt::tcp
