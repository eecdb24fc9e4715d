// SPDX-License-Identifier: Apache-2.0
// Urgent data as RFC 9293 3.8.5 demands it; docs/rfc9293.md names the requirements.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Pair;
using testing::Peer;

void send_urgent(Peer& peer, std::size_t count) {
    const std::vector<std::uint8_t> bytes(count, '!');
    ASSERT_EQ(peer.connection->send_urgent(bytes), count);
}

/// A segment in order whose pointer lies `ahead` of its first octet.
void give_urgent(Peer& peer, std::uint16_t ahead, std::string_view text) {
    wire::TcpHeader header = peer.ack();
    header.flags.urgent = true;
    header.urgent_pointer = ahead;
    ASSERT_EQ(peer.give(header, text), std::nullopt);
    peer.next = peer.next + static_cast<std::uint32_t>(text.size());
}

TEST(Rfc9293Urgent, ThePointerIsTheNumberBehindTheUrgentOctets) {
    Peer peer;
    peer.establish();
    peer.send(10);
    send_urgent(peer, 3);
    peer.send(5);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent[0].flags.urgent);
    EXPECT_EQ(sent[0].urgent_pointer, 13U);
    peer.send(5);
    const auto later = peer.drain();
    ASSERT_EQ(later.size(), 1U);
    EXPECT_FALSE(later[0].flags.urgent) << "it begins behind what is urgent";
    EXPECT_EQ(later[0].urgent_pointer, 0U);
}

TEST(Rfc9293Urgent, APointerEndsWithItsOctetsAndAnotherMayFollow) {
    Peer peer;
    peer.establish();
    for (int i = 0; i < 2; ++i) {
        send_urgent(peer, 1);
        EXPECT_EQ(peer.drain().at(0).urgent_pointer, 1U);
        peer.give(peer.ack());
        peer.give_next("answer");
        peer.pass(peer.config.delayed_acknowledgment);
        EXPECT_FALSE(peer.drain().at(0).flags.urgent);
    }
}

TEST(Rfc9293Urgent, AKeepAliveHasNone) {
    Peer peer;
    peer.config.keep_alive = true;
    peer.establish();
    peer.now = *peer.connection->poll_deadline();
    peer.connection->handle_deadline(peer.now);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_FALSE(sent[0].flags.urgent);
}

TEST(Rfc9293Urgent, TheNumberOfTheSynIsNotCounted) {
    Peer peer;
    peer.open();
    peer.drain();
    send_urgent(peer, 4);
    peer.give(peer.ack());
    EXPECT_EQ(peer.drain().at(0).urgent_pointer, 4U);
}

TEST(Rfc9293Urgent, AClosedWindowIsToldWhatWaits) {
    Peer peer;
    peer.window = 0;
    peer.establish();
    send_urgent(peer, 4);
    EXPECT_TRUE(peer.drain().empty());
    peer.pass(peer.connection->retransmission_timeout());
    const auto probe = peer.drain();
    ASSERT_EQ(probe.size(), 1U);
    EXPECT_TRUE(probe[0].flags.urgent);
    EXPECT_EQ(probe[0].urgent_pointer, 4U);
}

TEST(Rfc9293Urgent, ItMayBeOfAnyLength) {
    constexpr std::uint32_t kLength = 150'000;
    Pair pair;
    pair.sides[1].reads = false;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
    const SequenceNumber first = pair[0].send_next();
    const std::vector<std::uint8_t> bytes(kLength, '!');
    ASSERT_EQ(pair[0].send_urgent(bytes), kLength);
    pair.settle();
    ASSERT_TRUE(pair.run_until([&] { return pair[1].receive_queue_size() > 60'000; }));
    EXPECT_GT(pair[1].urgent_unread(), 65'535U) << "each segment moves the pointer on";
    EXPECT_TRUE(pair.sides[1].had(Event::Urgent));
    pair.sides[1].reads = true;
    ASSERT_TRUE(pair.run_until([&] { return pair[0].send_queue_size() == 0; }));
    std::vector<unsigned> pointers;
    for (const auto& packet : pair.sides[0].sent) {
        const auto segment = wire::TcpView::parse(*wire::Ipv4View::parse(packet));
        if (segment->payload().empty()) continue;
        EXPECT_TRUE(segment->flags().urgent);
        const std::uint32_t left = kLength - (segment->sequence() - first);
        EXPECT_EQ(segment->urgent_pointer(), std::min(left, 65'535U));
        pointers.push_back(segment->urgent_pointer());
    }
    EXPECT_EQ(pointers.front(), 65'535U);
    EXPECT_LT(pointers.back(), 1'460U);
}

TEST(Rfc9293Urgent, TheApplicationHearsOfEachAdvanceOnce) {
    Peer peer;
    peer.establish();
    peer.events();
    give_urgent(peer, 10, "abc");
    EXPECT_EQ(peer.events(), (std::vector{Event::Urgent, Event::Readable}));
    give_urgent(peer, 7, "def");
    EXPECT_EQ(peer.events(), std::vector{Event::Readable}) << "the pointer stands where it was";
    give_urgent(peer, 5, "ghi");
    EXPECT_EQ(peer.events(), (std::vector{Event::Urgent, Event::Readable}));
    EXPECT_EQ(peer.connection->urgent_unread(), 11U);
}

TEST(Rfc9293Urgent, TheApplicationLearnsHowMuchIsLeft) {
    Peer peer;
    peer.establish();
    EXPECT_EQ(peer.connection->urgent_unread(), 0U);
    give_urgent(peer, 4, "ab");
    EXPECT_EQ(peer.connection->urgent_unread(), 4U) << "what has not come counts";
    peer.give_next("cdefgh");
    peer.connection->consume(3);
    EXPECT_EQ(peer.connection->urgent_unread(), 1U);
    peer.connection->consume(1);
    EXPECT_EQ(peer.connection->urgent_unread(), 0U);
    peer.connection->consume(4);
    EXPECT_EQ(peer.connection->urgent_unread(), 0U);
    peer.events();
    give_urgent(peer, 1, "!");
    EXPECT_EQ(peer.connection->urgent_unread(), 1U);
    EXPECT_EQ(peer.events(), (std::vector{Event::Urgent, Event::Readable}));
}

TEST(Rfc9293Urgent, NothingIsLeftOfAConnectionThatHasEnded) {
    Peer peer;
    peer.establish();
    peer.give_next("text");
    peer.give(peer.reset(peer.next));
    ASSERT_TRUE(peer.connection->is_closed());
    EXPECT_EQ(peer.connection->urgent_unread(), 0U);
}

TEST(Rfc9293Urgent, APointerBehindTheStreamIsNone) {
    Peer peer;
    peer.establish();
    wire::TcpHeader fin = peer.ack();
    fin.flags.urgent = fin.flags.fin = true;
    fin.urgent_pointer = 100;
    peer.give(fin, "abc");
    EXPECT_EQ(peer.connection->urgent_unread(), 3U);
    peer.connection->consume(3);
    EXPECT_EQ(peer.connection->urgent_unread(), 0U);
}

TEST(Rfc9293Urgent, APointerOfTextThatIsHeldComesWithTheText) {
    Peer peer;
    peer.establish();
    peer.events();
    peer.connection->hold_text(true);
    wire::TcpHeader urgent = peer.ack();
    urgent.flags.urgent = true;
    urgent.urgent_pointer = 3;
    peer.give(urgent, "abc");
    EXPECT_TRUE(peer.events().empty());
    peer.connection->hold_text(false);
    peer.give(urgent, "abc");
    EXPECT_EQ(peer.events(), (std::vector{Event::Urgent, Event::Readable}));
}

TEST(Rfc9293Urgent, APointerMovesWithItsConnection) {
    Peer peer;
    peer.establish();
    wire::TcpHeader urgent = peer.ack();
    urgent.flags.urgent = true;
    urgent.urgent_pointer = 9;
    peer.give(urgent);
    wire::ControlBlock block = peer.connection->export_block(1, peer.now);
    auto moved = Connection::import_block(peer.config, peer.local, block, peer.now);
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->urgent_unread(), 9U);
    EXPECT_EQ(moved->poll_event(), Event::Urgent);
    // Of a device that leaves the pointers anywhere there is nothing urgent.
    block.receive_urgent = block.receive_next - 1;
    block.send_urgent = block.send_unacknowledged + 1;
    auto foreign = Connection::import_block(peer.config, peer.local, block, peer.now);
    ASSERT_TRUE(foreign);
    EXPECT_EQ(foreign->urgent_unread(), 0U);
    EXPECT_EQ(foreign->poll_event(), std::nullopt);
    peer.connection.emplace(std::move(*foreign));
    peer.send(10);
    EXPECT_FALSE(peer.drain().at(0).flags.urgent);
}

}  // namespace
}  // namespace shunt::tcp
