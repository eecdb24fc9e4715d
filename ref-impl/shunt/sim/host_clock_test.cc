// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/host_clock.hh"

#include <gtest/gtest.h>

#include "shunt/base/rng.hh"

namespace shunt::sim {
namespace {

Instant at(std::int64_t nanoseconds) {
    return Instant::from_nanoseconds(nanoseconds);
}

TEST(HostClock, ReadsTheWorldsTimeUnlessTold) {
    const HostClock clock;
    EXPECT_EQ(clock.read(at(12'345)), at(12'345));
    EXPECT_EQ(clock.when(at(12'345)), at(12'345));
}

TEST(HostClock, WhenIsTheFirstInstantOfAReading) {
    constexpr std::uint64_t kSeed = 3;
    Rng rng(kSeed);
    HostClock clock;
    Instant now{};
    for (int i = 0; i < 5'000; ++i) {
        now = now + Duration::nanoseconds(static_cast<std::int64_t>(rng.below(3'000'000'000)));
        const std::uint64_t what = rng.below(3);
        const Instant before = clock.read(now);
        if (what == 0) clock.jump(Duration::microseconds(static_cast<int>(rng.below(900))), now);
        if (what == 1) clock.run_fast(static_cast<std::uint32_t>(rng.below(100'001)), now);
        ASSERT_GE(clock.read(now), before) << "seed " << kSeed;
        const auto ahead = static_cast<std::int64_t>(rng.below(9'000'000'000'000'000));
        const Instant reading = clock.read(now) + Duration::nanoseconds(1 + ahead);
        const Instant first = clock.when(reading);
        ASSERT_GE(clock.read(first), reading) << "seed " << kSeed;
        ASSERT_LT(clock.read(first - Duration::nanoseconds(1)), reading) << "seed " << kSeed;
    }
}

TEST(HostClock, ReadingThatWasJumpedOverComesAtTheJump) {
    HostClock clock;
    clock.jump(Duration::seconds(1), at(500));
    EXPECT_EQ(clock.when(at(900)), at(500));
    EXPECT_EQ(clock.when(at(1'000'000'500)), at(500));
    EXPECT_EQ(clock.when(at(1'000'000'501)), at(501));
}

}  // namespace
}  // namespace shunt::sim
