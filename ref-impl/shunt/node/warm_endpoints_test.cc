// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/warm_endpoints.hh"

#include <gtest/gtest.h>

namespace shunt::node {
namespace {

TEST(WarmEndpoints, PushesNobodyOutWhileThereIsRoom) {
    WarmEndpoints warm(3);
    for (const WarmEndpoints::Slot slot : {7U, 8U, 9U, 7U, 8U, 9U})
        EXPECT_EQ(warm.touch(slot), std::nullopt);
}

TEST(WarmEndpoints, PushesOutTheOldestThatWasNotUsedAgain) {
    WarmEndpoints warm(3);
    for (const WarmEndpoints::Slot slot : {1U, 2U, 3U, 1U})
        EXPECT_EQ(warm.touch(slot), std::nullopt);
    EXPECT_EQ(warm.touch(4), 2U);
    EXPECT_EQ(warm.touch(5), 3U);
    EXPECT_EQ(warm.touch(6), 1U);
}

TEST(WarmEndpoints, ComesToAnEndWhereAllWereUsedAgain) {
    WarmEndpoints warm(2);
    for (const WarmEndpoints::Slot slot : {1U, 2U, 1U, 2U})
        EXPECT_EQ(warm.touch(slot), std::nullopt);
    EXPECT_EQ(warm.touch(3), 1U);
}

TEST(WarmEndpoints, WhoWasPushedOutIsColdUntilUsed) {
    WarmEndpoints warm(1);
    EXPECT_EQ(warm.touch(1), std::nullopt);
    EXPECT_EQ(warm.touch(2), 1U);
    EXPECT_EQ(warm.touch(1), 2U);
}

}  // namespace
}  // namespace shunt::node
