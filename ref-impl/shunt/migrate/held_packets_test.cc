// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/held_packets.hh"

#include <gtest/gtest.h>

namespace shunt::migrate {
namespace {

class HeldPacketsTest : public testing::Test {
  protected:
    Packet packet(std::size_t size) {
        Packet made = pool_.take();
        made.append(size);
        return made;
    }
    PacketPool pool_;
    HeldBudget budget_{4};
};

TEST_F(HeldPacketsTest, TheNumberOfPacketsIsBounded) {
    HeldPackets held(budget_);
    EXPECT_TRUE(held.hold(packet(1), {2, 100}));
    EXPECT_TRUE(held.hold(packet(1), {2, 100}));
    EXPECT_FALSE(held.hold(packet(1), {2, 100}));
}

TEST_F(HeldPacketsTest, TheNumberOfBytesIsBounded) {
    HeldPackets held(budget_);
    EXPECT_TRUE(held.hold(packet(60), {10, 100}));
    EXPECT_FALSE(held.hold(packet(41), {10, 100}));
    EXPECT_TRUE(held.hold(packet(40), {10, 100}));
}

TEST_F(HeldPacketsTest, AllEndpointsTogetherAreBounded) {
    HeldPackets one(budget_);
    HeldPackets other(budget_);
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(one.hold(packet(1), {}));
        EXPECT_TRUE(other.hold(packet(1), {}));
    }
    EXPECT_FALSE(one.hold(packet(1), {}));
    EXPECT_EQ(other.take_all().size(), 2U);
    EXPECT_TRUE(one.hold(packet(1), {}));
}

TEST_F(HeldPacketsTest, WhatDiesOrMovesGivesItsPlacesBackOnce) {
    {
        HeldPackets held(budget_);
        ASSERT_TRUE(held.hold(packet(1), {}));
        const HeldPackets moved(std::move(held));
        EXPECT_EQ(budget_.left(), 3U);
    }
    EXPECT_EQ(budget_.left(), 4U);
}

}  // namespace
}  // namespace shunt::migrate
