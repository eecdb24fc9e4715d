// SPDX-License-Identifier: Apache-2.0
// What is cut must be, byte for byte, what the engine sends where nothing cuts for it.
#include "shunt/stack/segmentation.hh"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/stack/interface_fixture.hh"
#include "shunt/tcp/testing/peer.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::stack {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<Bytes> all_pieces(const Packet& frame, std::size_t link_header_size, PacketPool& pool) {
    std::vector<Bytes> pieces;
    Segmentation segmentation(frame.bytes(), link_header_size, frame.unfinished(), pool);
    while (const auto piece = segmentation.next()) {
        EXPECT_FALSE(piece->unfinished().any());
        pieces.emplace_back(piece->bytes().begin(), piece->bytes().end());
    }
    return pieces;
}

/// What a connection sends of `length` bytes and perhaps a FIN, ready for the wire.
std::vector<Bytes> sent_packets(std::uint32_t train_max, std::size_t length, bool closes,
                                bool has_timestamps) {
    tcp::testing::Peer peer;
    peer.config.train_max = train_max;
    peer.syn_options.window_scale = 0;
    peer.window = 14'000;
    if (has_timestamps) peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
    peer.establish();
    peer.send(length);
    if (closes) peer.connection->close();
    std::vector<Bytes> all;
    for (;;) {
        Packet packet = peer.pool.take_large();
        if (!peer.connection->poll_transmit(peer.now, packet)) return all;
        if (packet.unfinished().segment_size > 0) {
            EXPECT_GT(longest_piece(packet), 1'000U);
            EXPECT_LE(longest_piece(packet), 1'500U);
        }
        if (!packet.unfinished().any()) {
            all.emplace_back(packet.bytes().begin(), packet.bytes().end());
            continue;
        }
        for (Bytes& piece : all_pieces(packet, 0, peer.pool))
            all.push_back(std::move(piece));
    }
}

TEST(Segmentation, APieceIsWhatTheEngineSendsWhereNothingCutsForIt) {
    Rng rng(20'261'121);
    for (int round = 0; round < 200; ++round) {
        const std::size_t length = 1 + rng.below(20'000);
        const bool closes = rng.below(2) == 0;
        const bool has_timestamps = rng.below(2) == 0;
        EXPECT_EQ(sent_packets(65'535, length, closes, has_timestamps),
                  sent_packets(0, length, closes, has_timestamps))
            << length << (closes ? " and FIN" : "") << (has_timestamps ? ", timestamps" : "");
    }
}

/// A train of `length` bytes behind two bytes of link header, as its sender leaves it.
Packet make_train(PacketPool& pool, std::size_t length, std::uint16_t segment_size,
                  wire::TcpFlags flags, std::uint16_t identification = 0xFFFF) {
    Packet packet = pool.take_large();
    const MutableBytes text = packet.append(length);
    for (std::size_t i = 0; i < length; ++i)
        text[i] = static_cast<std::uint8_t>(i * 7);
    wire::TcpHeader tcp;
    tcp.sequence = SequenceNumber(0xFFFF'FF00U);
    tcp.flags = flags;
    tcp.options.timestamps = {.value = 1, .echo = 2};
    tcp.prepend_to(packet, wire::Ipv4Address(10, 7, 0, 9), wire::Ipv4Address(10, 7, 1, 1),
                   wire::ChecksumField::Partial);
    wire::Ipv4Header ip;
    ip.identification = identification;
    ip.dont_fragment = true;
    ip.source = wire::Ipv4Address(10, 7, 0, 9);
    ip.destination = wire::Ipv4Address(10, 7, 1, 1);
    ip.prepend_to(packet);
    packet.prepend(2)[0] = 0xEE;
    packet.mutable_bytes()[1] = 0xEF;
    packet.set_unfinished({.checksum = true, .segment_size = segment_size});
    return packet;
}

TEST(Segmentation, NumbersIdentificationsAndFlagsAreThoseOfThePiece) {
    PacketPool pool;
    const wire::TcpFlags flags{
        .fin = true, .push = true, .acknowledgment = true, .congestion_window_reduced = true};
    const auto pieces = all_pieces(make_train(pool, 2'500, 1'000, flags), 2, pool);
    ASSERT_EQ(pieces.size(), 3U);
    std::size_t offset = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        EXPECT_EQ(pieces[i][0], 0xEE);
        EXPECT_EQ(pieces[i][1], 0xEF);
        const auto ip = wire::Ipv4View::parse(ByteView(pieces[i]).subspan(2));
        ASSERT_TRUE(ip);
        EXPECT_EQ(ip->identification(), static_cast<std::uint16_t>(0xFFFF + i));
        EXPECT_TRUE(ip->dont_fragment());
        const auto segment = wire::TcpView::parse(*ip);
        ASSERT_TRUE(segment) << i;
        EXPECT_EQ(segment->sequence().value(), static_cast<std::uint32_t>(0xFFFF'FF00U + offset));
        const bool is_last = i + 1 == pieces.size();
        EXPECT_EQ(segment->flags().congestion_window_reduced, i == 0);
        EXPECT_EQ(segment->flags().fin, is_last);
        EXPECT_EQ(segment->flags().push, is_last);
        EXPECT_TRUE(segment->flags().acknowledgment);
        EXPECT_EQ(segment->options().timestamps->echo, 2U);
        EXPECT_EQ(segment->payload().size(), is_last ? 500U : 1'000U);
        for (const std::uint8_t byte : segment->payload())
            ASSERT_EQ(byte, static_cast<std::uint8_t>(offset++ * 7));
    }
    EXPECT_EQ(offset, 2'500U);
}

TEST(Segmentation, ATrainOfOneSegmentIsOnePiece) {
    PacketPool pool;
    for (const std::size_t length : {std::size_t{0}, std::size_t{999}, std::size_t{1'000}})
        EXPECT_EQ(all_pieces(make_train(pool, length, 1'000, {}), 2, pool).size(), 1U) << length;
    EXPECT_EQ(all_pieces(make_train(pool, 1'001, 1'000, {}), 2, pool).size(), 2U);
}

TEST(Segmentation, CompletesTheChecksumOfASegmentInPlace) {
    PacketPool pool;
    Packet segment = make_train(pool, 777, 0, {.acknowledgment = true});
    const auto pieces = all_pieces(segment, 2, pool);
    complete_checksum(segment, 2);
    EXPECT_FALSE(segment.unfinished().any());
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_EQ(Bytes(segment.bytes().begin(), segment.bytes().end()), pieces[0]);
}

class TrainsOutTest : public InterfaceFixture {
  protected:
    Packet train(std::size_t length, std::uint16_t segment_size) {
        Packet packet = make_train(pool_, length, segment_size, {.acknowledgment = true}, 1);
        packet.trim_front(2);
        const auto turn = [&](std::size_t at, wire::Ipv4Address address) {
            store_u32(packet.mutable_bytes(), at, address.value());
        };
        turn(12, kService);
        turn(16, kClient);
        store_u16(packet.mutable_bytes(), 10, 0);
        store_u16(packet.mutable_bytes(), 10,
                  wire::internet_checksum(packet.bytes().first(wire::kIpv4HeaderSize)));
        return packet;
    }
    /// An interface of a link that cuts trains of up to `train_max` bytes; the client is known.
    Interface with_offload(std::size_t train_max) {
        Interface::Config with = config();
        with.train_max = train_max;
        with.static_neighbors.push_back({kClient, kClientMac});
        return Interface(with, pool_, counters_, kStart);
    }
    static std::size_t frames_of(Interface& interface, std::size_t& longest) {
        std::size_t count = 0;
        while (const auto frame = interface.poll_transmit()) {
            longest = std::max(longest, frame->size());
            ++count;
        }
        return count;
    }
};

TEST_F(TrainsOutTest, ALinkThatCutsGetsTheTrain) {
    Interface interface = with_offload(65'535);
    interface.send_ipv4(train(14'480, 1'448), now_);
    const auto frame = interface.poll_transmit();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->size(), 14 + 52 + 14'480U);
    EXPECT_EQ(frame->unfinished().segment_size, 1'448U);
    EXPECT_FALSE(interface.poll_transmit());
}

TEST_F(TrainsOutTest, AnyOtherLinkGetsThePieces) {
    for (const std::size_t train_max : {std::size_t{0}, std::size_t{14'531}}) {
        Interface interface = with_offload(train_max);
        interface.send_ipv4(train(14'480, 1'448), now_);
        std::size_t longest = 0;
        EXPECT_EQ(frames_of(interface, longest), 10U);
        EXPECT_EQ(longest, 1'514U);
    }
    Interface interface = with_offload(14'532);
    interface.send_ipv4(train(14'480, 1'448), now_);
    std::size_t longest = 0;
    EXPECT_EQ(frames_of(interface, longest), 1U);
}

TEST_F(TrainsOutTest, PiecesThatDoNotFitTheLinkAreDropped) {
    Interface interface = with_offload(65'535);
    interface.send_ipv4(train(3'000, 1'449), now_);
    std::size_t longest = 0;
    EXPECT_EQ(frames_of(interface, longest), 1U);  // the last one fits
    EXPECT_EQ(count(Counter::DropLinkMtu), 2U);
}

}  // namespace
}  // namespace shunt::stack
