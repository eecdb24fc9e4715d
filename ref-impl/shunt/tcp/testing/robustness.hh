// SPDX-License-Identifier: Apache-2.0
// What tests of hostile segments share.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "shunt/tcp/testing/move.hh"
#include "shunt/tcp/testing/peer.hh"
#include "shunt/wire/checksum.hh"

namespace shunt::tcp::testing {

/// Moves the connection to another server whose clock shows the same, if it can move.
inline void move_if(bool wanted, Peer& peer) {
    if (!wanted || !can_move(peer.connection->state())) return;
    *peer.connection = moved(*peer.connection, peer.config, peer.now, peer.now);
}

/// The valid twin: text in order is taken and acknowledged.
inline bool is_alive(Peer& peer) {
    if (peer.connection->state() != State::Established) return false;
    const std::size_t unread = peer.connection->receive_queue_size();
    if (peer.give_next("alive") || peer.connection->receive_queue_size() != unread + 5) {
        return false;
    }
    peer.pass(Duration::milliseconds(40));
    const auto sent = peer.drain();
    return !sent.empty() && sent.back().acknowledgment == peer.next;
}

/// A segment with these bytes as options, whatever they say.
inline Packet with_options(Peer& peer, const wire::TcpHeader& like, ByteView options,
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
    wire::ChecksumAccumulator sum = wire::pseudo_header_sum(
        peer.local.remote_address, peer.local.local_address, wire::IpProtocol::Tcp, packet.size());
    sum.add(packet.bytes());
    store_u16(header, 16, sum.checksum());
    wire::Ipv4Header internet;
    internet.source = peer.local.remote_address;
    internet.destination = peer.local.local_address;
    internet.prepend_to(packet);
    return packet;
}
inline std::optional<Counter> give(Peer& peer, const Packet& packet) {
    const auto view = wire::TcpView::parse(*wire::Ipv4View::parse(packet.bytes()));
    if (!view) return view.error();
    return peer.connection->handle_segment(*view, peer.now);
}

}  // namespace shunt::tcp::testing
