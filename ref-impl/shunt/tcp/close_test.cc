// SPDX-License-Identifier: Apache-2.0
// The ends of connections (RFC 9293 3.6): half-close, both at once, TIME-WAIT, abort, and every
// exchange that is abandoned half-way.
#include <gtest/gtest.h>

#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;
using testing::Peer;

void finish_first(Peer& peer) {
    peer.establish();
    peer.events();
    peer.connection->close();
    peer.drain();
}

TEST(Close, HalfClosesWhileTheOtherDirectionGoesOn) {
    Pair pair;
    pair.sides[0].wanted = 10;
    pair.sides[0].closes = true;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.sides[1].had(Event::PeerFinished); }));
    EXPECT_EQ(pair[1].state(), State::CloseWait);
    pair.sides[1].wanted = 300'000;
    pair.sides[1].closes = true;
    pair.settle();
    ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }));
    ASSERT_TRUE(pair.run_until([&] { return pair[1].is_closed(); }));
    EXPECT_EQ(pair[0].state(), State::TimeWait);
    const Instant start = pair.now;
    ASSERT_TRUE(pair.run_until([&] { return pair[0].is_closed(); }));
    EXPECT_GE(pair.now - start, Duration::seconds(59));
    EXPECT_TRUE(pair.sides[0].is_content_right);
}

TEST(Close, FromBothEndsAtOnceEndsInTimeWaitAtBoth) {
    Pair pair;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
    pair.sides[0].closes = pair.sides[1].closes = true;
    pair.settle();
    EXPECT_EQ(pair[0].state(), State::FinWait1);
    EXPECT_EQ(pair[1].state(), State::FinWait1);
    pair.run_for(Duration::milliseconds(6));
    EXPECT_EQ(pair[0].state(), State::Closing);
    pair.run_for(Duration::milliseconds(10));
    EXPECT_EQ(pair[0].state(), State::TimeWait);
    EXPECT_EQ(pair[1].state(), State::TimeWait);
    ASSERT_TRUE(pair.run_until([&] { return pair.both_closed(); }));
}

TEST(Close, SurvivesTheLossOfEverySegmentOfTheExchange) {
    for (std::size_t side = 0; side < 2; ++side) {
        for (std::size_t nth = 0; nth < 4; ++nth) {
            Pair pair;
            pair.open();
            ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
            const std::size_t first = pair.sides[side].sent.size();
            pair.plan = [&](std::size_t from, std::size_t index, const wire::TcpView&) {
                return Fate{.is_lost = from == side && index == first + nth};
            };
            pair.sides[0].closes = true;
            pair.settle();
            pair.run_for(Duration::milliseconds(100));
            pair.sides[1].closes = true;
            pair.settle();
            EXPECT_TRUE(pair.run_until([&] { return pair.both_closed(); }));
            EXPECT_TRUE(pair.sides[0].had(Event::Closed) && pair.sides[1].had(Event::Closed));
        }
    }
}

TEST(Close, AbandonedAnywhereLeavesNothingBehind) {
    // From the n-th packet on, the wire is cut: both ends come to an end all the same.
    for (std::size_t kept = 3; kept < 10; ++kept) {
        Pair pair;
        std::size_t count = 0;
        pair.plan = [&](std::size_t, std::size_t, const wire::TcpView&) {
            return Fate{.is_lost = count++ >= kept};
        };
        pair.sides[0].wanted = pair.sides[1].wanted = 100;
        pair.sides[0].closes = pair.sides[1].closes = true;
        pair.open();
        EXPECT_TRUE(pair.run_until([&] { return pair.both_closed(); }, Duration::seconds(2'000)))
            << kept;
        for (std::size_t side = 0; side < 2; ++side)
            EXPECT_FALSE(pair[side].poll_deadline()) << kept;
    }
}

TEST(Close, InFinWait2GivesUpOnASilentPeer) {
    Peer peer;
    finish_first(peer);
    peer.give(peer.ack());
    EXPECT_EQ(peer.connection->state(), State::FinWait2);
    peer.pass(peer.config.fin_wait_2_timeout - Duration::milliseconds(1));
    peer.give_next("still here");
    peer.drain();
    peer.pass(Duration::seconds(1));
    EXPECT_EQ(peer.connection->state(), State::FinWait2);
    peer.pass(peer.config.fin_wait_2_timeout);
    EXPECT_TRUE(peer.connection->is_closed());
}

TEST(Close, InFinWait2IsNotProlongedByStrangers) {
    Peer peer;
    finish_first(peer);
    peer.give(peer.ack());
    const Instant begin = peer.now;
    while (!peer.connection->is_closed() && peer.now - begin < Duration::seconds(1'000)) {
        peer.pass(Duration::seconds(10));
        if (!peer.connection->is_closed()) peer.give(peer.at(peer.next - 100'000U), "guess");
        peer.drain();
    }
    EXPECT_EQ(peer.now - begin, peer.config.fin_wait_2_timeout);
}

TEST(Close, AcceptsTheFinTogetherWithTheAcknowledgmentOfOurs) {
    Peer peer;
    finish_first(peer);
    wire::TcpHeader fin = peer.ack();
    fin.flags.fin = true;
    peer.give(fin);
    EXPECT_EQ(peer.connection->state(), State::TimeWait);
    ASSERT_EQ(peer.drain().size(), 1U);
    // A repeated FIN means that our ACK was lost: 2MSL begin again.
    peer.pass(Duration::seconds(50));
    peer.give(fin);
    ASSERT_EQ(peer.drain().size(), 1U);
    EXPECT_EQ(*peer.connection->poll_deadline() - peer.now, Duration::seconds(60));
}

TEST(Close, OfASynReceivedConnectionFinishesItOnceItIsEstablished) {
    Peer peer;
    peer.open();
    peer.drain();
    peer.send(3);
    peer.connection->close();
    EXPECT_EQ(peer.connection->state(), State::SynReceived);
    peer.give(peer.ack());
    EXPECT_EQ(peer.connection->state(), State::FinWait1);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent[0].flags.fin);
    EXPECT_EQ(sent[0].text.size(), 3U);
}

TEST(Close, EndsTheCallsThatSend) {
    Peer peer;
    finish_first(peer);
    const std::vector<std::uint8_t> bytes(3);
    EXPECT_EQ(peer.connection->send(bytes), 0U);
    EXPECT_EQ(peer.connection->send_capacity(), 0U);
}

TEST(Abort, ResetsAPeerThatKnowsUs) {
    Peer peer;
    peer.establish();
    peer.send(10);
    peer.drain();
    peer.connection->abort();
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(sent[0].flags.reset);
    EXPECT_EQ(sent[0].sequence, peer.heard);
    EXPECT_TRUE(peer.connection->is_closed());
    EXPECT_FALSE(peer.connection->poll_deadline());
    EXPECT_TRUE(peer.drain().empty());
}

TEST(Abort, OfOneSideIsAResetForTheOther) {
    Pair pair;
    pair.sides[0].wanted = 500'000;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.sides[1].read > 100'000; }));
    pair[0].abort();
    pair.settle();
    EXPECT_TRUE(pair.run_until([&] { return pair[1].is_closed(); }));
    EXPECT_TRUE(pair.sides[1].had(Event::Reset));
}

/// Whether TIME-WAIT lets this SYN of the peer in.
bool is_let_in(Peer& peer, SequenceNumber sequence, std::optional<std::uint32_t> timestamp) {
    Packet packet = peer.pool.take();
    wire::TcpHeader syn;
    syn.flags.syn = true;
    syn.sequence = sequence;
    if (timestamp) syn.options.timestamps = {.value = *timestamp, .echo = 0};
    syn.prepend_to(packet, peer.local.remote_address, peer.local.local_address);
    wire::Ipv4Header internet;
    internet.source = peer.local.remote_address;
    internet.destination = peer.local.local_address;
    internet.prepend_to(packet);
    const auto view = wire::TcpView::parse(*wire::Ipv4View::parse(packet.bytes()));
    return peer.connection->can_be_replaced_by(*view);
}

void finish_both(Peer& peer) {
    finish_first(peer);
    wire::TcpHeader fin = peer.ack();
    fin.flags.fin = true;
    peer.give(fin);
    peer.drain();
    SHUNT_ASSERT(peer.connection->state() == State::TimeWait, "both ends have finished");
}

TEST(TimeWait, LetsASynOfAHigherNumberIn) {
    Peer peer;
    finish_both(peer);
    const SequenceNumber fin = peer.next;
    EXPECT_FALSE(is_let_in(peer, fin, {}));
    EXPECT_FALSE(is_let_in(peer, fin + 1, {}));
    EXPECT_TRUE(is_let_in(peer, fin + 2, {}));
    EXPECT_TRUE(is_let_in(peer, fin + 1'000'000, {}));
}

/// RFC 6191 2.
TEST(TimeWait, WithoutTimestampsLetsASynInThatHasThem) {
    Peer peer;
    finish_both(peer);
    EXPECT_TRUE(is_let_in(peer, peer.next - 1'000, 1));
    EXPECT_FALSE(is_let_in(peer, peer.next - 1'000, {}));
    Peer refusing;
    refusing.config.timestamps = false;
    finish_both(refusing);
    EXPECT_FALSE(is_let_in(refusing, refusing.next - 1'000, 1));
    EXPECT_TRUE(is_let_in(refusing, refusing.next + 1'000, 1));
}

TEST(TimeWait, LetsASynOfALaterTimestampInWhateverItsNumber) {
    Peer peer;
    peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
    finish_both(peer);
    const std::uint32_t recent = peer.timestamp();
    EXPECT_TRUE(is_let_in(peer, peer.next - 1'000, recent + 1));
    EXPECT_FALSE(is_let_in(peer, peer.next + 1'000, recent - 1));
    EXPECT_FALSE(is_let_in(peer, peer.next - 1'000, recent));
    EXPECT_TRUE(is_let_in(peer, peer.next + 1'000, recent));
}

}  // namespace
}  // namespace shunt::tcp
