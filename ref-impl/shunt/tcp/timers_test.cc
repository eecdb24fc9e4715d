// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/timers.hh"

#include <gtest/gtest.h>

#include "shunt/tcp/challenge_limit.hh"
#include "shunt/tcp/timestamp_clock.hh"

namespace shunt::tcp {
namespace {

Instant at(std::int64_t milliseconds) {
    return Instant::from_nanoseconds(milliseconds * 1'000'000);
}

TEST(TimerTable, NamesItsEarliestDeadline) {
    TimerTable timers;
    EXPECT_FALSE(timers.earliest());
    timers.arm(Timer::Persist, at(30));
    timers.arm(Timer::Linger, at(20));
    EXPECT_EQ(timers.earliest(), at(20));
    timers.disarm(Timer::Linger);
    EXPECT_EQ(timers.earliest(), at(30));
    timers.disarm_all();
    EXPECT_FALSE(timers.earliest());
}

TEST(TimerTable, ExpiresOnceAndNotEarly) {
    TimerTable timers;
    timers.arm(Timer::Retransmit, at(10));
    EXPECT_FALSE(timers.expire(Timer::Retransmit, at(9)));
    EXPECT_FALSE(timers.expire(Timer::Persist, at(10)));
    EXPECT_TRUE(timers.expire(Timer::Retransmit, at(10)));
    EXPECT_FALSE(timers.expire(Timer::Retransmit, at(10)));
}

TEST(TimestampClock, WrapsAndContinuesElsewhere) {
    const TimestampClock clock(0xFFFF'FFFF);
    EXPECT_EQ(clock.value(at(0)), 0xFFFF'FFFFU);
    EXPECT_EQ(clock.value(at(1)), 0U);
    const auto elsewhere = TimestampClock::continued(clock.value(at(1'000)), at(77));
    EXPECT_EQ(elsewhere.value(at(77)), clock.value(at(1'000)));
    EXPECT_EQ(elsewhere.value(at(78)), clock.value(at(1'001)));
}

TEST(ChallengeLimit, AllowsTenInFiveSeconds) {
    ChallengeLimit limit;
    for (int i = 0; i < 10; ++i)
        EXPECT_TRUE(limit.allows(at(100 + i)));
    EXPECT_FALSE(limit.allows(at(5'099)));
    EXPECT_TRUE(limit.allows(at(5'100)));
}

}  // namespace
}  // namespace shunt::tcp
