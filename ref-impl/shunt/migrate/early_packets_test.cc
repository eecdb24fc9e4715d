// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/early_packets.hh"

#include <gtest/gtest.h>

#include <array>

namespace shunt::migrate {
namespace {

const wire::ConnectionTuple kTuple{wire::Ipv4Address(0x0A070009), 1000,
                                   wire::Ipv4Address(0x0A070101), 80, wire::TransportProtocol::Tcp};

Instant at(std::int64_t milliseconds) {
    return Instant() + Duration::milliseconds(milliseconds);
}

Packet numbered(PacketPool& pool, std::uint8_t number) {
    const std::array<std::uint8_t, 1> content{number};
    return pool.copy(content);
}

TEST(EarlyPackets, GivesATuplesPacketsInArrivalOrder) {
    PacketPool pool;
    EarlyPackets early(Duration::milliseconds(50), 8, {});
    auto other = kTuple;
    other.client_port = 2000;
    ASSERT_TRUE(early.keep(kTuple, 1, numbered(pool, 1), at(0)));
    ASSERT_TRUE(early.keep(other, 1, numbered(pool, 2), at(1)));
    ASSERT_TRUE(early.keep(kTuple, 1, numbered(pool, 3), at(2)));
    ASSERT_TRUE(early.keep(kTuple, 2, numbered(pool, 4), at(3)));
    const auto taken = early.take(kTuple, 1);
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[0].bytes()[0], 1);
    EXPECT_EQ(taken[1].bytes()[0], 3);
    EXPECT_EQ(early.size(), 2U);
}

TEST(EarlyPackets, EachLeavesWhenItsPatienceIsOver) {
    PacketPool pool;
    EarlyPackets early(Duration::milliseconds(50), 8, {});
    ASSERT_TRUE(early.keep(kTuple, 1, numbered(pool, 1), at(0)));
    ASSERT_TRUE(early.keep(kTuple, 1, numbered(pool, 2), at(10)));
    EXPECT_EQ(early.deadline(), at(50));
    EXPECT_FALSE(early.pop_expired(at(49)));
    EXPECT_TRUE(early.pop_expired(at(50)));
    EXPECT_FALSE(early.pop_expired(at(50)));
    EXPECT_EQ(early.deadline(), at(60));
}

TEST(EarlyPackets, KeepsNoMoreThanItsCapacity) {
    PacketPool pool;
    EarlyPackets early(Duration::milliseconds(50), 1, {});
    EXPECT_TRUE(early.keep(kTuple, 1, numbered(pool, 1), at(0)));
    EXPECT_FALSE(early.keep(kTuple, 1, numbered(pool, 2), at(0)));
}

TEST(EarlyPackets, OneTupleDoesNotTakeThePlacesOfAll) {
    PacketPool pool;
    EarlyPackets early(Duration::milliseconds(50), 8, {2, 1'000});
    EXPECT_TRUE(early.keep(kTuple, 1, numbered(pool, 1), at(0)));
    EXPECT_TRUE(early.keep(kTuple, 1, numbered(pool, 2), at(0)));
    EXPECT_FALSE(early.keep(kTuple, 1, numbered(pool, 3), at(0))) << "EP-23: EP-5's bounds";
    auto other = kTuple;
    other.client_port = 1'001;
    EXPECT_TRUE(early.keep(other, 1, numbered(pool, 4), at(0)));
}

}  // namespace
}  // namespace shunt::migrate
