// SPDX-License-Identifier: Apache-2.0
// What RFC 9293 3.5 and 3.9.1.1 demand of OPEN calls; docs/rfc9293.md names the requirements.
#include <gtest/gtest.h>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;
using wire::Ipv4Address;

/// An active open whose SYN crosses the peer's: SYN-RECEIVED, as after a passive one.
void open_at_once(Peer& peer) {
    auto opened = Connection::connect(peer.config, peer.local,
                                      {Peer::kOurInitial, peer.timestamp_offset}, peer.now);
    peer.connection.emplace(std::move(*opened));
    peer.drain();
    wire::TcpHeader syn = peer.ack();
    syn.sequence = Peer::kPeerInitial;
    syn.flags = {.syn = true};
    syn.options = peer.syn_options;
    peer.give(syn);
    peer.next = Peer::kPeerInitial + 1;
}

TEST(Rfc9293Opening, SynReceivedRemembersWhichOpenItCameFrom) {
    for (const bool is_active : {false, true}) {
        Peer peer;
        peer.config.syn_retransmissions_max = 9;
        peer.config.syn_ack_retransmissions_max = 2;
        is_active ? open_at_once(peer) : peer.open();
        ASSERT_EQ(peer.connection->state(), State::SynReceived);
        int answers = 0;
        while (!peer.connection->is_closed()) {
            answers += static_cast<int>(peer.drain().size());
            peer.now = *peer.connection->poll_deadline();
            peer.connection->handle_deadline(peer.now);
        }
        // The listener's place is given back soon, the caller's patience is that of its SYN.
        EXPECT_GE(answers, is_active ? 9 : 3);
        EXPECT_LE(answers, is_active ? 10 : 3);
    }
}

TEST(Rfc9293Opening, ARefusedActiveOpenIsReportedFromSynReceivedToo) {
    Peer peer;
    open_at_once(peer);
    peer.drain();
    EXPECT_EQ(peer.give(peer.reset(peer.next)), std::nullopt);
    EXPECT_EQ(peer.events(), std::vector{Event::Reset});
}

TEST(Rfc9293Opening, IsRefusedTowardsWhatIsNoOneHost) {
    const auto error_of = [](Ipv4Address remote) {
        Peer peer;
        peer.local.remote_address = remote;
        const auto opened = Connection::connect(peer.config, peer.local, {}, peer.now);
        return opened ? std::optional<OpenError>() : opened.error();
    };
    for (const Ipv4Address address : {Ipv4Address(1, 0, 0, 0), Ipv4Address(126, 255, 255, 255),
                                      Ipv4Address(128, 0, 0, 0), Ipv4Address(223, 255, 255, 255)}) {
        EXPECT_EQ(error_of(address), std::nullopt) << address.to_string();
    }
    for (const Ipv4Address address :
         {Ipv4Address(0, 0, 0, 0), Ipv4Address(0, 255, 255, 255), Ipv4Address(127, 0, 0, 0),
          Ipv4Address(127, 255, 255, 255), Ipv4Address(224, 0, 0, 0), Ipv4Address(240, 0, 0, 0),
          Ipv4Address(255, 255, 255, 255)}) {
        EXPECT_EQ(error_of(address), OpenError::RemoteAddress) << address.to_string();
    }
}

TEST(Rfc9293Opening, IsRefusedWithoutALocalAddressOrPorts) {
    const Identity good{Ipv4Address(10, 7, 1, 1), 80, Ipv4Address(10, 7, 0, 9), 4'711};
    EXPECT_EQ(open_error(good), std::nullopt);
    Identity bad = good;
    bad.local_address = Ipv4Address();
    EXPECT_EQ(open_error(bad), OpenError::LocalAddress);
    bad = good;
    bad.local_port = 0;
    EXPECT_EQ(open_error(bad), OpenError::Port);
    bad = good;
    bad.remote_port = 0;
    EXPECT_EQ(open_error(bad), OpenError::Port);
}

TEST(Rfc9293Opening, TheLocalAddressOfTheCallIsThatOfEverySegment) {
    for (const Ipv4Address own : {Ipv4Address(10, 7, 1, 1), Ipv4Address(10, 7, 1, 2)}) {
        Peer peer;
        peer.local.local_address = own;
        std::vector<Packet> sent;
        const auto take = [&] {
            for (Packet& packet : peer.drain_packets())
                sent.push_back(std::move(packet));
        };
        peer.open();
        take();
        peer.heard = Peer::kOurInitial + 1;
        peer.give(peer.ack());
        peer.send(3'000);
        take();
        peer.pass(peer.connection->retransmission_timeout());
        take();
        peer.give_next("text");
        peer.pass(peer.config.delayed_acknowledgment);
        take();
        peer.connection->abort();
        take();
        ASSERT_GE(sent.size(), 6U);
        for (const Packet& packet : sent) {
            const auto ip = wire::Ipv4View::parse(packet.bytes());
            EXPECT_EQ(ip->source(), own);
            EXPECT_EQ(ip->destination(), peer.local.remote_address);
        }
    }
}

}  // namespace
}  // namespace shunt::tcp
