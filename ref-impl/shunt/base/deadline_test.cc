// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/deadline.hh"

#include <gtest/gtest.h>

namespace shunt {
namespace {

constexpr Instant kEarly = Instant::from_nanoseconds(10);
constexpr Instant kLate = Instant::from_nanoseconds(11);

TEST(DeadlineTest, NothingIsLaterThanEverything) {
    EXPECT_EQ(earlier(std::nullopt, std::nullopt), std::nullopt);
    EXPECT_EQ(earlier(kLate, std::nullopt), kLate);
    EXPECT_EQ(earlier(std::nullopt, kLate), kLate);
    EXPECT_EQ(earlier(kEarly, kLate), kEarly);
    EXPECT_EQ(earlier(kLate, kEarly), kEarly);
}

TEST(DeadlineTest, IsDueFromItsInstantOn) {
    EXPECT_FALSE(is_due(std::nullopt, kLate));
    EXPECT_FALSE(is_due(kLate, kEarly));
    EXPECT_TRUE(is_due(kLate, kLate));
    EXPECT_TRUE(is_due(kEarly, kLate));
}

}  // namespace
}  // namespace shunt
