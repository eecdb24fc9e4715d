// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/packet.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace shunt {
namespace {

std::vector<std::uint8_t> content(const Packet& packet) {
    return {packet.bytes().begin(), packet.bytes().end()};
}

TEST(PacketTest, AFreshOneIsEmptyWithRoomOnBothSides) {
    PacketPool pool;
    const Packet packet = pool.take();
    EXPECT_TRUE(packet.empty());
    EXPECT_EQ(packet.headroom(), Packet::kHeadroom);
    EXPECT_EQ(packet.tailroom(), Packet::kCapacity);
}

TEST(PacketTest, GrowsAtBothEndsInPlace) {
    PacketPool pool;
    Packet packet = pool.copy(std::array<std::uint8_t, 3>{4, 5, 6});
    const std::uint8_t* const payload = packet.bytes().data();
    const MutableBytes front = packet.prepend(2);
    front[0] = 2;
    front[1] = 3;
    packet.append(std::array<std::uint8_t, 1>{7});
    EXPECT_EQ(content(packet), (std::vector<std::uint8_t>{2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(packet.bytes().data() + 2, payload);
    EXPECT_EQ(packet.headroom(), Packet::kHeadroom - 2);
    EXPECT_EQ(packet.tailroom(), Packet::kCapacity - 4);
}

TEST(PacketTest, TrimsAtBothEnds) {
    PacketPool pool;
    Packet packet = pool.copy(std::array<std::uint8_t, 4>{1, 2, 3, 4});
    packet.trim_front(1);
    packet.trim_back(2);
    EXPECT_EQ(content(packet), std::vector<std::uint8_t>{2});
    packet.trim_back(1);
    EXPECT_TRUE(packet.empty());
    packet.clear();
    EXPECT_EQ(packet.headroom(), Packet::kHeadroom);
}

TEST(PacketTest, MovingTakesTheContentAlong) {
    PacketPool pool;
    Packet first = pool.copy(std::array<std::uint8_t, 2>{1, 2});
    Packet second = std::move(first);
    EXPECT_EQ(content(second), (std::vector<std::uint8_t>{1, 2}));
    Packet third = pool.copy(std::array<std::uint8_t, 1>{9});
    third = std::move(second);
    EXPECT_EQ(content(third), (std::vector<std::uint8_t>{1, 2}));
}

TEST(PacketTest, TheStorageOfADeadPacketIsUsedAgain) {
    PacketPool pool;
    const std::uint8_t* storage = nullptr;
    {
        const Packet packet = pool.take();
        storage = packet.bytes().data();
    }
    const Packet again = pool.take();
    EXPECT_EQ(again.bytes().data(), storage);
    const Packet other = pool.take();
    EXPECT_NE(other.bytes().data(), storage);
}

TEST(PacketTest, EachSizeHasStorageOfItsOwn) {
    PacketPool pool;
    const std::uint8_t* storage = nullptr;
    {
        Packet large = pool.take_large();
        EXPECT_EQ(large.tailroom(), Packet::kLargeCapacity);
        storage = large.bytes().data();
        std::ranges::fill(large.append(Packet::kLargeCapacity), std::uint8_t{1});
        EXPECT_EQ(large.tailroom(), 0U);
    }
    const Packet packet = pool.take();
    EXPECT_NE(packet.bytes().data(), storage);
    EXPECT_EQ(packet.tailroom(), Packet::kCapacity);
    const Packet large = pool.take_large();
    EXPECT_EQ(large.bytes().data(), storage);
}

TEST(PacketTest, ACopyIsAsLargeAsItsContentNeeds) {
    PacketPool pool;
    const Packet packet = pool.copy(std::vector<std::uint8_t>(Packet::kCapacity, 1));
    EXPECT_EQ(packet.tailroom(), 0U);
    const Packet large = pool.copy(std::vector<std::uint8_t>(Packet::kCapacity + 1, 1));
    EXPECT_EQ(large.tailroom(), Packet::kLargeCapacity - Packet::kCapacity - 1);
}

TEST(PacketTest, WhatIsUnfinishedGoesWithTheContent) {
    PacketPool pool;
    const Unfinished train{.checksum = true, .segment_size = 1'448};
    EXPECT_TRUE(train.any());
    EXPECT_FALSE(Unfinished{}.any());
    Packet first = pool.take();
    first.set_unfinished(train);
    Packet second = std::move(first);
    EXPECT_EQ(second.unfinished(), train);
    Packet third;
    third = std::move(second);
    EXPECT_EQ(third.unfinished(), train);
    third.clear();
    EXPECT_EQ(third.unfinished(), Unfinished{});
    third.set_unfinished(train);
    third = Packet();
    EXPECT_EQ(pool.take().unfinished(), Unfinished{});
}

TEST(PacketTest, ReusedStorageStartsEmpty) {
    PacketPool pool;
    { const Packet packet = pool.copy(std::array<std::uint8_t, 4>{1, 2, 3, 4}); }
    const Packet again = pool.take();
    EXPECT_TRUE(again.empty());
    EXPECT_EQ(again.headroom(), Packet::kHeadroom);
}

TEST(PacketTest, HoldsItsCapacityAndItsHeadroom) {
    PacketPool pool;
    Packet packet = pool.copy(std::vector<std::uint8_t>(Packet::kCapacity, 0xAB));
    std::ranges::fill(packet.prepend(Packet::kHeadroom), std::uint8_t{0xCD});
    EXPECT_EQ(packet.size(), Packet::kHeadroom + Packet::kCapacity);
    EXPECT_EQ(packet.bytes().front(), 0xCD);
    EXPECT_EQ(packet.bytes().back(), 0xAB);
}

TEST(PacketDeathTest, OneByteMoreThanThereIsRoomForStops) {
    PacketPool pool;
    Packet packet = pool.copy(std::vector<std::uint8_t>(Packet::kCapacity, 0));
    EXPECT_DEATH(packet.append(1), "bound what they append");
    EXPECT_DEATH(packet.prepend(Packet::kHeadroom + 1), "headroom is reserved");
    EXPECT_DEATH(packet.trim_front(Packet::kCapacity + 1), "what is trimmed was there");
    EXPECT_DEATH(packet.trim_back(Packet::kCapacity + 1), "what is trimmed was there");
}

TEST(PacketDeathTest, APacketWithoutStorageTakesNothing) {
    Packet packet;
    EXPECT_TRUE(packet.bytes().empty());
    EXPECT_DEATH(packet.append(1), "bound what they append");
    EXPECT_DEATH(packet.prepend(1), "headroom is reserved");
}

}  // namespace
}  // namespace shunt
