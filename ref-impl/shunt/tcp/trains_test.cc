// SPDX-License-Identifier: Apache-2.0
// Several segments as one packet, where the link cuts it: what goes into a train, and that losses
// are repaired segment by segment all the same.
#include <gtest/gtest.h>

#include <vector>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

constexpr std::uint32_t kMss = 1'460;

/// What a train looks like before the link has it.
struct Train {
    SequenceNumber sequence;
    std::size_t length = 0;
    Unfinished unfinished;
    wire::TcpFlags flags;
    std::uint16_t identification = 0;
};

class TrainsTest : public ::testing::Test {
  protected:
    TrainsTest() {
        peer_.config.train_max = 65'535;
        peer_.config.initial_window_segments = 40;
        peer_.config.mtu = 1'500;
        peer_.window = 60'000;
        peer_.syn_options.window_scale = 0;
    }

    void establish() {
        peer_.establish();
        peer_.send(1);  // the handshake's round trip opens the initial window of 10 segments
        drain();
        acknowledge();
    }
    std::vector<Train> drain(bool is_large = true) {
        std::vector<Train> all;
        for (;;) {
            Packet packet = is_large ? peer_.pool.take_large() : peer_.pool.take();
            if (!peer_.connection->poll_transmit(peer_.now, packet)) return all;
            const auto ip = wire::Ipv4View::parse(packet.bytes());
            EXPECT_TRUE(ip);
            const auto field = packet.unfinished().checksum ? wire::ChecksumField::Partial
                                                            : wire::ChecksumField::Complete;
            const auto segment = wire::TcpView::parse(*ip, field);
            EXPECT_TRUE(segment);
            peer_.heard = segment->sequence() + segment->segment_length();
            all.push_back({segment->sequence(), segment->payload().size(), packet.unfinished(),
                           segment->flags(), ip->identification()});
        }
    }
    void acknowledge() {
        peer_.pass(Duration::milliseconds(10));
        peer_.give(peer_.ack());
    }

    Peer peer_;
};

TEST_F(TrainsTest, TakesWholeSegmentsUpToTheWindowOfTheNetwork) {
    establish();
    peer_.send(100'000);
    const auto trains = drain();
    ASSERT_EQ(trains.size(), 1U);
    EXPECT_EQ(trains[0].unfinished, (Unfinished{.checksum = true, .segment_size = kMss}));
    EXPECT_EQ(trains[0].length % kMss, 0U);
    EXPECT_GE(trains[0].length, 10 * kMss);
    EXPECT_LE(trains[0].length, peer_.connection->congestion_window());
}

TEST_F(TrainsTest, IsNoLongerThanPacketAndLinkAllow) {
    peer_.config.train_max = 5'000;
    establish();
    peer_.send(100'000);
    const auto by_link = drain();
    ASSERT_FALSE(by_link.empty());
    EXPECT_EQ(by_link[0].length, 3 * kMss);  // 5,000 bytes less 40 of headers
    acknowledge();
    peer_.config.train_max = 65'535;
    const auto by_packet = drain(false);
    ASSERT_FALSE(by_packet.empty());
    EXPECT_EQ(by_packet[0].length, Packet::kCapacity / kMss * kMss);
}

TEST_F(TrainsTest, ASegmentOfItsOwnIsNoTrain) {
    establish();
    peer_.send(kMss);
    const auto trains = drain();
    ASSERT_EQ(trains.size(), 1U);
    EXPECT_EQ(trains[0].unfinished, Unfinished{.checksum = true});
}

TEST_F(TrainsTest, WithoutALinkThatCutsEverySegmentIsCompleteAndAlone) {
    peer_.config.train_max = 0;
    establish();
    peer_.send(3 * kMss);
    const auto segments = drain();
    ASSERT_EQ(segments.size(), 3U);
    for (const Train& segment : segments) {
        EXPECT_EQ(segment.unfinished, Unfinished{});
        EXPECT_EQ(segment.length, kMss);
    }
}

TEST_F(TrainsTest, NagleKeepsAShortLastSegmentBack) {
    peer_.config.no_delay = false;
    establish();
    peer_.send(3 * kMss + 100);
    auto trains = drain();
    ASSERT_EQ(trains.size(), 1U);
    EXPECT_EQ(trains[0].length, 3 * kMss);
    EXPECT_FALSE(trains[0].flags.push);
    acknowledge();
    trains = drain();
    ASSERT_EQ(trains.size(), 1U);
    EXPECT_EQ(trains[0].length, 100U);
}

TEST_F(TrainsTest, AShortLastSegmentAndFinGoAlong) {
    establish();
    peer_.send(3 * kMss + 1);
    peer_.connection->close();
    const auto trains = drain();
    ASSERT_EQ(trains.size(), 1U);
    EXPECT_EQ(trains[0].length, 3 * kMss + 1);
    EXPECT_TRUE(trains[0].flags.fin);
    EXPECT_TRUE(trains[0].flags.push);
}

TEST_F(TrainsTest, EveryPieceHasAnIdentification) {
    establish();
    peer_.send(4 * kMss + 1);
    const auto first = drain();
    acknowledge();
    peer_.send(1);
    const auto second = drain();
    ASSERT_EQ(first.size(), 1U);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].identification, static_cast<std::uint16_t>(first[0].identification + 5));
}

TEST_F(TrainsTest, UrgentDataGoesInSegments) {
    establish();
    const std::vector<std::uint8_t> text(4 * kMss, 'u');
    ASSERT_EQ(peer_.connection->send_urgent(text), text.size());
    for (const Train& segment : drain())
        EXPECT_EQ(segment.length, kMss);
}

TEST_F(TrainsTest, AReducedWindowIsSaidInASegment) {
    peer_.syn_flags = {.syn = true, .ecn_echo = true, .congestion_window_reduced = true};
    establish();
    peer_.send(100'000);
    drain();
    auto header = peer_.ack();
    header.flags.ecn_echo = true;
    peer_.pass(Duration::milliseconds(10));
    peer_.give(header);
    peer_.pass(Duration::milliseconds(10));
    peer_.give(peer_.ack());
    const auto trains = drain();
    ASSERT_GE(trains.size(), 2U);
    EXPECT_TRUE(trains[0].flags.congestion_window_reduced);
    EXPECT_EQ(trains[0].length, kMss);
    EXPECT_FALSE(trains[1].flags.congestion_window_reduced);
}

TEST_F(TrainsTest, WhatTheReportsSayIsMissingGoesAgainAlone) {
    establish();
    peer_.send(8 * kMss);
    const auto trains = drain();
    ASSERT_EQ(trains.size(), 1U);
    const SequenceNumber begin = trains[0].sequence;
    // The third of eight segments is missing.
    peer_.pass(Duration::milliseconds(10));
    auto header = peer_.ack();
    header.acknowledgment = begin + 2 * kMss;
    header.options.add_sack_block({begin + 3 * kMss, begin + 8 * kMss});
    peer_.give(header);
    const auto again = drain();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].sequence, begin + 2 * kMss);
    EXPECT_EQ(again[0].length, kMss);
    peer_.heard = begin + 8 * kMss;
    peer_.give(peer_.ack());
    EXPECT_EQ(peer_.connection->send_queue_size(), 0U);
}

TEST_F(TrainsTest, ATrainThatWasLostGoesAgainSegmentBySegment) {
    peer_.syn_options.sack_permitted = false;  // else a probe sends the last one first
    establish();
    peer_.send(4 * kMss + 7);
    const auto trains = drain();
    ASSERT_EQ(trains.size(), 1U);
    peer_.pass(Duration::seconds(3));
    std::size_t length = 0;
    for (int round = 0; round < 10 && peer_.connection->send_queue_size() > 0; ++round) {
        for (const Train& segment : drain()) {
            EXPECT_EQ(segment.sequence, trains[0].sequence + static_cast<std::uint32_t>(length));
            EXPECT_LE(segment.length, kMss);
            length += segment.length;
        }
        acknowledge();
    }
    EXPECT_EQ(length, 4 * kMss + 7);
}

}  // namespace
}  // namespace shunt::tcp
