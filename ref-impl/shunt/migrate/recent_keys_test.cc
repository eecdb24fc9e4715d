// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/recent_keys.hh"

#include <gtest/gtest.h>

namespace shunt::migrate {
namespace {

constexpr Duration kMemory = Duration::seconds(60);

Instant at(std::int64_t seconds) {
    return Instant() + Duration::seconds(seconds);
}

TEST(RecentKeys, AKeyIsRememberedForTheMemoryAndNoLonger) {
    RecentKeys keys(kMemory, 4);
    EXPECT_FALSE(keys.contains(1, at(0)));
    keys.remember(1, at(0));
    EXPECT_TRUE(keys.contains(1, at(59)));
    EXPECT_FALSE(keys.contains(1, at(60)));
    EXPECT_EQ(keys.size(), 0U);
}

TEST(RecentKeys, RememberingAgainProlongs) {
    RecentKeys keys(kMemory, 4);
    keys.remember(1, at(0));
    keys.remember(1, at(30));
    EXPECT_TRUE(keys.contains(1, at(60)));
    EXPECT_FALSE(keys.contains(1, at(90)));
}

TEST(RecentKeys, AForgottenKeyMayComeAgain) {
    RecentKeys keys(kMemory, 4);
    keys.remember(1, at(0));
    keys.forget(1);
    EXPECT_FALSE(keys.contains(1, at(0)));
    keys.remember(1, at(30));
    EXPECT_TRUE(keys.contains(1, at(60))) << "the first time ends alone";
    EXPECT_FALSE(keys.contains(1, at(90)));
}

TEST(RecentKeys, AFullMemoryForgetsTheOldest) {
    RecentKeys keys(kMemory, 2);
    keys.remember(1, at(0));
    EXPECT_TRUE(keys.has_room(at(0)));
    keys.remember(2, at(1));
    EXPECT_FALSE(keys.has_room(at(1)));
    keys.remember(3, at(2));
    EXPECT_FALSE(keys.contains(1, at(2)));
    EXPECT_TRUE(keys.contains(2, at(2)));
    EXPECT_TRUE(keys.contains(3, at(2)));
    EXPECT_EQ(keys.size(), 2U);
}

}  // namespace
}  // namespace shunt::migrate
