// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/time.hh"

#include <gtest/gtest.h>

namespace shunt {
namespace {

TEST(TimeTest, UnitsAreThousandsOfEachOther) {
    EXPECT_EQ(Duration::seconds(2), Duration::milliseconds(2'000));
    EXPECT_EQ(Duration::milliseconds(2), Duration::microseconds(2'000));
    EXPECT_EQ(Duration::microseconds(2), Duration::nanoseconds(2'000));
}

TEST(TimeTest, ConversionRoundsTowardZero) {
    EXPECT_EQ(Duration::nanoseconds(1'999'999).to_milliseconds(), 1);
    EXPECT_EQ(Duration::nanoseconds(-1'999'999).to_milliseconds(), -1);
    EXPECT_EQ(Duration::nanoseconds(999).to_microseconds(), 0);
}

TEST(TimeTest, InstantsDifferByDurations) {
    const Instant start = Instant::from_nanoseconds(5);
    const Instant later = start + Duration::milliseconds(3);
    EXPECT_LT(start, later);
    EXPECT_EQ(later - start, Duration::milliseconds(3));
    EXPECT_EQ(later - Duration::milliseconds(3), start);
    EXPECT_EQ(start - later, Duration::milliseconds(-3));
    EXPECT_EQ(later.since_origin(), Duration::nanoseconds(3'000'005));
}

TEST(TimeTest, DurationsAreNumbers) {
    EXPECT_EQ(Duration::milliseconds(3) + Duration::milliseconds(4), Duration::milliseconds(7));
    EXPECT_EQ(Duration::milliseconds(3) - Duration::milliseconds(4), Duration::milliseconds(-1));
    EXPECT_EQ(Duration::milliseconds(3) * 4, Duration::milliseconds(12));
    EXPECT_EQ(Duration::milliseconds(12) / 5, Duration::microseconds(2'400));
}

}  // namespace
}  // namespace shunt
