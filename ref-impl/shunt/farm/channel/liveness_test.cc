// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/channel/liveness.hh"

#include <gtest/gtest.h>

#include "shunt/farm/channel/backoff.hh"

namespace shunt::farm {
namespace {

constexpr Instant at_ms(std::int64_t milliseconds) {
    return Instant() + Duration::milliseconds(milliseconds);
}

TEST(WaitedTime, CountsWhatItAskedFor) {
    WaitedTime time(at_ms(0));
    time.expect(at_ms(1'000));
    time.advance(at_ms(400));
    time.expect(at_ms(1'000));
    time.advance(at_ms(1'000));
    EXPECT_EQ(time.waited(), Duration::seconds(1));
}

TEST(WaitedTime, DoesNotCountWhatItSleptThrough) {
    WaitedTime time(at_ms(0));
    time.expect(at_ms(250));
    time.advance(at_ms(10'000));
    EXPECT_LE(time.waited(), Duration::milliseconds(300));
    EXPECT_GE(time.waited(), Duration::milliseconds(250));
}

TEST(OwnerClock, StopsFiveSecondsAfterTheLastAnsweredPingWasSent) {
    OwnerClock clock;
    clock.begin(at_ms(0));
    EXPECT_FALSE(clock.answer(at_ms(1'000), at_ms(1'900)));
    EXPECT_EQ(clock.deadline(), at_ms(6'000));
    EXPECT_FALSE(clock.expire(at_ms(5'999)));
    EXPECT_TRUE(clock.expire(at_ms(6'000)));
    EXPECT_TRUE(clock.is_cut_off());
    EXPECT_FALSE(clock.expire(at_ms(7'000))) << "once is enough";
}

TEST(OwnerClock, AnAnswerToAnOldPingBringsNobodyBack) {
    OwnerClock clock;
    clock.begin(at_ms(0));
    ASSERT_TRUE(clock.expire(at_ms(9'000)));
    EXPECT_FALSE(clock.answer(at_ms(3'000), at_ms(9'000)));
    EXPECT_TRUE(clock.is_cut_off());
    EXPECT_TRUE(clock.answer(at_ms(8'000), at_ms(9'100)));
    EXPECT_FALSE(clock.is_cut_off());
}

TEST(PingClock, KnowsTheLastFewPings) {
    PingClock pings;
    for (std::uint64_t i = 1; i <= 9; ++i)
        pings.sent(i, at_ms(static_cast<std::int64_t>(i)));
    EXPECT_FALSE(pings.take(1));
    EXPECT_EQ(pings.take(2), at_ms(2));
    EXPECT_FALSE(pings.take(2)) << "one answer is enough";
    EXPECT_EQ(pings.take(9), at_ms(9));
}

TEST(Backoff, GoesFromAHundredMillisecondsToFiveSeconds) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Rng rng(seed);
        Backoff backoff;
        Duration longest;
        for (int i = 0; i < 12; ++i) {
            const Duration pause = backoff.next(rng, false);
            EXPECT_GE(pause, Backoff::kPauseMin);
            EXPECT_LE(pause, Backoff::kPauseMax);
            longest = std::max(longest, pause);
        }
        EXPECT_GT(longest, Duration::milliseconds(2'500));
        backoff.reset();
        EXPECT_LE(backoff.next(rng, false), Backoff::kPauseMin * 2);
    }
}

TEST(Backoff, IsShortWhileItIsUrgent) {
    Rng rng(1);
    Backoff backoff;
    for (int i = 0; i < 12; ++i)
        EXPECT_LE(backoff.next(rng, true), Backoff::kUrgentPauseMax);
    EXPECT_LE(backoff.next(rng, false), Backoff::kUrgentPauseMax) << "it grows from there";
    for (int i = 0; i < 12; ++i)
        backoff.next(rng, false);
    EXPECT_LE(backoff.next(rng, true), Backoff::kUrgentPauseMax);
}

TEST(Backoff, HasJitter) {
    Rng rng(1);
    Backoff first;
    Backoff second;
    EXPECT_NE(first.next(rng, false), second.next(rng, false));
}

}  // namespace
}  // namespace shunt::farm
