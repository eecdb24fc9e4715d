// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/train_joiner.hh"

#include <gtest/gtest.h>

#include <vector>

#include "shunt/stack/segmentation.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

using Bytes = std::vector<std::uint8_t>;

class TrainJoinerTest : public ::testing::Test {
  protected:
    struct Piece {
        std::uint32_t sequence = 1'000;
        std::size_t length = 100;
        std::uint16_t identification = 7;
        bool push = false;
        std::uint32_t timestamp = 5;
        std::uint16_t port = 80;
    };

    Packet frame(const Piece& piece) {
        Packet packet = pool_.take();
        for (std::uint8_t& byte : packet.append(piece.length))
            byte = static_cast<std::uint8_t>(piece.sequence);
        wire::TcpHeader tcp;
        tcp.destination_port = piece.port;
        tcp.sequence = SequenceNumber(piece.sequence);
        tcp.flags = {.push = piece.push, .acknowledgment = true};
        tcp.options.timestamps = {.value = piece.timestamp, .echo = 1};
        const wire::Ipv4Address source(10, 7, 0, 9);
        const wire::Ipv4Address destination(10, 7, 1, 1);
        tcp.prepend_to(packet, source, destination);
        wire::Ipv4Header ip;
        ip.identification = piece.identification;
        ip.source = source;
        ip.destination = destination;
        ip.prepend_to(packet);
        wire::EthernetHeader{{}, {}, wire::kEtherTypeIpv4}.prepend_to(packet);
        return packet;
    }
    bool add(const Piece& piece) {
        Packet packet = frame(piece);
        sent_.emplace_back(packet.bytes().begin(), packet.bytes().end());
        return joiner_.add(packet);
    }

    PacketPool pool_;
    TrainJoiner joiner_{pool_};
    std::vector<Bytes> sent_;
};

TEST_F(TrainJoinerTest, WhatIsCutAgainIsWhatCame) {
    EXPECT_FALSE(joiner_.has_any());
    EXPECT_TRUE(add({}));
    EXPECT_TRUE(add({.sequence = 1'100, .identification = 8}));
    EXPECT_TRUE(add({.sequence = 1'200, .length = 30, .identification = 9, .push = true}));
    EXPECT_TRUE(joiner_.has_any());
    const auto train = joiner_.take();
    ASSERT_TRUE(train);
    EXPECT_EQ(train->unfinished(), (Unfinished{.checksum = true, .segment_size = 100}));
    stack::Segmentation pieces(train->bytes(), wire::kEthernetHeaderSize, train->unfinished(),
                               pool_);
    for (const Bytes& expected : sent_) {
        const auto piece = pieces.next();
        ASSERT_TRUE(piece);
        EXPECT_EQ(Bytes(piece->bytes().begin(), piece->bytes().end()), expected);
    }
    EXPECT_FALSE(pieces.next());
    EXPECT_FALSE(joiner_.take());
}

TEST_F(TrainJoinerTest, ASegmentAloneIsAsItCame) {
    EXPECT_TRUE(add({}));
    const auto alone = joiner_.take();
    ASSERT_TRUE(alone);
    EXPECT_FALSE(alone->unfinished().any());
    EXPECT_EQ(Bytes(alone->bytes().begin(), alone->bytes().end()), sent_[0]);
}

TEST_F(TrainJoinerTest, JoinsNothingThatCouldNotBeCutAgain) {
    const Piece next{.sequence = 1'100, .identification = 8};
    const std::vector<Piece> others = {
        {.sequence = 1'101, .identification = 8},
        {.sequence = 1'100, .identification = 9},
        {.sequence = 1'100, .length = 101, .identification = 8},
        {.sequence = 1'100, .identification = 8, .timestamp = 6},
        {.sequence = 1'100, .identification = 8, .port = 81},
        {.sequence = 1'100, .length = 0, .identification = 8},
    };
    for (const Piece& other : others) {
        EXPECT_TRUE(add({}));
        EXPECT_FALSE(add(other));
        EXPECT_FALSE(joiner_.take()->unfinished().any());
    }
    EXPECT_TRUE(add({.push = true}));
    EXPECT_FALSE(add(next));
    joiner_.take();
    EXPECT_TRUE(add({}));
    EXPECT_TRUE(add({.sequence = 1'100, .length = 99, .identification = 8}));
    EXPECT_FALSE(add({.sequence = 1'199, .length = 99, .identification = 9}));
}

TEST_F(TrainJoinerTest, ADamagedSegmentStaysAlone) {
    Packet packet = frame({});
    packet.mutable_bytes()[60] ^= 1;
    EXPECT_FALSE(joiner_.add(packet));
    EXPECT_FALSE(packet.empty());
}

TEST_F(TrainJoinerTest, ATrainIsNoLongerThanAPacketCanBe) {
    std::uint32_t sequence = 0;
    std::uint16_t identification = 0;
    while (add({.sequence = sequence, .length = 1'000, .identification = identification})) {
        sequence += 1'000;
        ++identification;
    }
    EXPECT_EQ(identification, (TrainJoiner::kTrainMax - 52) / 1'000);
    EXPECT_LE(joiner_.take()->size(), wire::kEthernetHeaderSize + TrainJoiner::kTrainMax);
}

}  // namespace
}  // namespace shunt::sim
