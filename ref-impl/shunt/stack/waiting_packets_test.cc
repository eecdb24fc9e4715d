// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/waiting_packets.hh"

#include <gtest/gtest.h>

#include <cstdint>

namespace shunt::stack {
namespace {

using wire::Ipv4Address;

class WaitingPacketsTest : public testing::Test {
  protected:
    bool hold(Ipv4Address next_hop, std::uint8_t mark) {
        const std::uint8_t bytes[] = {mark};
        return waiting_.hold(next_hop, pool_.copy(bytes));
    }

    PacketPool pool_;
    WaitingPackets waiting_;
};

TEST_F(WaitingPacketsTest, GivesBackInOrderWhatWaitsForOneNextHop) {
    const Ipv4Address a(10, 7, 0, 1);
    const Ipv4Address b(10, 7, 0, 2);
    EXPECT_TRUE(hold(a, 1));
    EXPECT_TRUE(hold(b, 2));
    EXPECT_TRUE(hold(a, 3));
    const auto packets = waiting_.take(a);
    ASSERT_EQ(packets.size(), 2U);
    EXPECT_EQ(packets[0].bytes()[0], 1);
    EXPECT_EQ(packets[1].bytes()[0], 3);
    EXPECT_TRUE(waiting_.take(a).empty());
    EXPECT_EQ(waiting_.take(b).size(), 1U);
}

TEST_F(WaitingPacketsTest, BoundsEachNextHopAndAllOfThem) {
    const Ipv4Address first(10, 7, 0, 0);
    for (std::size_t i = 0; i < WaitingPackets::kPerNextHopMax; ++i)
        EXPECT_TRUE(hold(first, 0));
    EXPECT_FALSE(hold(first, 0));
    std::size_t held = WaitingPackets::kPerNextHopMax;
    for (std::uint32_t host = 1; held < WaitingPackets::kPacketsMax; ++host, ++held) {
        ASSERT_TRUE(hold(Ipv4Address(first.value() + host), 0));
    }
    const Ipv4Address last(10, 7, 255, 1);
    EXPECT_FALSE(hold(last, 0));
    EXPECT_EQ(waiting_.take(first).size(), WaitingPackets::kPerNextHopMax);
    EXPECT_TRUE(hold(last, 0));
}

}  // namespace
}  // namespace shunt::stack
