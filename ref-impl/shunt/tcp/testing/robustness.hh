// SPDX-License-Identifier: Apache-2.0
// What tests of hostile segments share: each runs before a move and again right behind one.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "shunt/tcp/testing/move.hh"
#include "shunt/tcp/testing/peer.hh"
#include "shunt/wire/checksum.hh"

namespace shunt::tcp::testing {

/// The parameter says whether the connection has just moved when the stimulus comes.
class BeforeAndAfterAMove : public ::testing::TestWithParam<bool> {
  protected:
    void may_move(Peer& peer) const {
        if (!GetParam() || !can_move(peer.connection->state())) return;
        *peer.connection = moved(*peer.connection, peer.config, peer.now, peer.now);
    }
    /// An established connection, moved or not.
    void establish(Peer& peer) const {
        peer.establish();
        peer.events();
        may_move(peer);
    }
    /// The valid twin: text in order is taken and acknowledged.
    static void expect_alive(Peer& peer) {
        ASSERT_EQ(peer.connection->state(), State::Established);
        const std::size_t unread = peer.connection->receive_queue_size();
        ASSERT_EQ(peer.give_next("alive"), std::nullopt);
        EXPECT_EQ(peer.connection->receive_queue_size(), unread + 5);
        peer.pass(Duration::milliseconds(40));
        const auto sent = peer.drain();
        ASSERT_FALSE(sent.empty());
        EXPECT_EQ(sent.back().acknowledgment, peer.next);
    }
    /// A segment with these bytes as options, whatever they say.
    static Packet with_options(Peer& peer, const wire::TcpHeader& like, ByteView options,
                               std::string_view text) {
        Packet packet = peer.pool.take();
        for (const char letter : text)
            packet.append(1)[0] = static_cast<std::uint8_t>(letter);
        const std::size_t header_size = 20 + (options.size() + 3) / 4 * 4;
        const MutableBytes header = packet.prepend(header_size);
        std::fill(header.begin(), header.end(), std::uint8_t{0});
        std::copy(options.begin(), options.end(), header.begin() + 20);
        store_u16(header, 0, peer.local.remote_port);
        store_u16(header, 2, peer.local.local_port);
        store_u32(header, 4, like.sequence.value());
        store_u32(header, 8, like.acknowledgment.value());
        store_u8(header, 12, static_cast<std::uint8_t>(header_size / 4 * 16));
        store_u8(header, 13, like.flags.to_byte());
        store_u16(header, 14, like.window);
        wire::ChecksumAccumulator sum =
            wire::pseudo_header_sum(peer.local.remote_address, peer.local.local_address,
                                    wire::IpProtocol::Tcp, packet.size());
        sum.add(packet.bytes());
        store_u16(header, 16, sum.checksum());
        wire::Ipv4Header internet;
        internet.source = peer.local.remote_address;
        internet.destination = peer.local.local_address;
        internet.prepend_to(packet);
        return packet;
    }
    static std::optional<Counter> give(Peer& peer, const Packet& packet) {
        const auto view = wire::TcpView::parse(*wire::Ipv4View::parse(packet.bytes()));
        if (!view) return view.error();
        return peer.connection->handle_segment(*view, peer.now);
    }
};

}  // namespace shunt::tcp::testing
