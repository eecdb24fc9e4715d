// SPDX-License-Identifier: Apache-2.0
// Idle connections (RFC 9293 3.8.4), and how long nobody waits: the user timeout (3.9.1) and the
// states in which the application has gone (TCP-3, TCP-11, TCP-12).
#include <gtest/gtest.h>

#include "shunt/tcp/testing/move.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::moved;
using testing::Peer;

/// To the connection's next deadline.
void pass_to_deadline(Peer& peer) {
    ASSERT_TRUE(peer.connection->poll_deadline());
    peer.pass(*peer.connection->poll_deadline() - peer.now);
}

TEST(KeepAlive, IsOffUntilItIsSwitchedOn) {
    Peer peer;
    peer.establish();
    EXPECT_FALSE(peer.connection->poll_deadline());
    peer.connection->set_keep_alive(true, peer.now);
    EXPECT_EQ(peer.connection->poll_deadline(), peer.now + Duration::seconds(7'200));
    peer.connection->set_keep_alive(false, peer.now);
    EXPECT_FALSE(peer.connection->poll_deadline());
}

TEST(KeepAlive, AsksWithANumberThatIsAcknowledgedAndNoText) {
    Peer peer;
    peer.config.keep_alive = true;
    peer.establish();
    peer.pass(Duration::seconds(7'199));
    EXPECT_TRUE(peer.drain().empty());
    peer.pass(Duration::seconds(1));
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].sequence, Peer::kOurInitial) << "SND.NXT - 1";
    EXPECT_TRUE(sent[0].text.empty());
    EXPECT_TRUE(sent[0].flags.acknowledgment);
}

TEST(KeepAlive, WaitsAgainAfterAnAnswer) {
    Peer peer;
    peer.config.keep_alive = true;
    peer.establish();
    for (int i = 0; i < 30; ++i) {
        peer.pass(Duration::seconds(7'200));
        if (peer.drain().empty()) continue;
        peer.give(peer.ack());
    }
    EXPECT_EQ(peer.connection->state(), State::Established);
    // Text of the peer puts the question off.
    peer.pass(Duration::seconds(7'000));
    peer.give_next("text");
    peer.pass(Duration::milliseconds(40));
    EXPECT_EQ(peer.drain().size(), 1U) << "its acknowledgment";
    peer.pass(Duration::milliseconds(7'199'960 - 1));
    EXPECT_TRUE(peer.drain().empty());
    peer.pass(Duration::milliseconds(1));
    EXPECT_EQ(peer.drain().size(), 1U);
}

// Who only knows the addresses cannot keep a connection alive whose peer has gone.
TEST(KeepAlive, IsNotPutOffByWhatFailsAnyCheck) {
    Peer peer;
    peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
    peer.config.keep_alive = true;
    peer.config.keep_alive_idle = Duration::seconds(100);
    peer.config.keep_alive_interval = Duration::seconds(10);
    peer.config.keep_alive_probes_max = 3;
    peer.establish();
    peer.events();
    const wire::TcpHeader good = peer.ack();
    wire::TcpHeader old = good;
    old.options.timestamps->value -= 1'000;
    wire::TcpHeader outside = good;
    outside.sequence = good.sequence - 100'000U;
    wire::TcpHeader beyond = good;
    beyond.acknowledgment = good.acknowledgment + 1'000'000U;
    wire::TcpHeader bare = good;
    bare.options.timestamps.reset();
    wire::TcpHeader strange = good;
    strange.flags.syn = true;
    const Instant begin = peer.now;
    while (!peer.connection->is_closed() && peer.now - begin < Duration::seconds(1'000)) {
        peer.pass(Duration::seconds(1));
        for (const wire::TcpHeader& header : {old, outside, beyond, bare, strange}) {
            if (peer.connection->is_closed()) break;
            EXPECT_TRUE(peer.give(header)) << "it is dropped";
        }
        peer.drain();
    }
    EXPECT_EQ(peer.now - begin, Duration::seconds(130));
    EXPECT_EQ(peer.events(), std::vector<Event>{Event::TimedOut});
}

TEST(KeepAlive, GivesUpAfterAsManyQuestionsAsConfiguredAndNotOneLess) {
    Peer peer;
    peer.config.keep_alive = true;
    peer.config.keep_alive_probes_max = 3;
    peer.establish();
    peer.events();
    for (int question = 0; question < 3; ++question) {
        ASSERT_NO_FATAL_FAILURE(pass_to_deadline(peer));
        EXPECT_EQ(peer.drain().size(), 1U) << question;
        EXPECT_TRUE(peer.events().empty());
    }
    ASSERT_NO_FATAL_FAILURE(pass_to_deadline(peer));
    EXPECT_EQ(peer.events(), std::vector<Event>{Event::TimedOut});
    EXPECT_TRUE(peer.connection->is_closed());
}

TEST(KeepAlive, IsNotAskedWhileSomethingIsOutstanding) {
    Peer peer;
    peer.config.keep_alive = true;
    peer.config.keep_alive_idle = Duration::milliseconds(100);
    peer.establish();
    peer.send(10);
    EXPECT_EQ(peer.drain().size(), 1U);
    peer.pass(Duration::milliseconds(110));
    for (const auto& sent : peer.drain())
        EXPECT_FALSE(sent.text.empty()) << "what goes again is the text";
}

TEST(KeepAlive, MovesWithTheConnectionAsItIs) {
    for (const bool is_on : {false, true}) {
        Peer peer;
        peer.config.keep_alive = is_on;
        peer.establish();
        peer.pass(Duration::seconds(7'000));
        Config there = peer.config;
        there.keep_alive = !is_on;
        const Connection target = moved(*peer.connection, there, peer.now, peer.now);
        const auto expected =
            is_on ? std::optional(peer.now + Duration::seconds(200)) : std::nullopt;
        EXPECT_EQ(target.poll_deadline(), expected) << "no option is switched on by a move (EP-49)";
    }
}

TEST(UserTimeout, IsNotPutOffByTheBackoff) {
    Peer peer;
    peer.config.user_timeout = Duration::seconds(60);
    peer.establish();
    peer.events();
    const Instant begin = peer.now;
    peer.send(10);
    while (!peer.connection->is_closed()) {
        peer.drain();
        ASSERT_NO_FATAL_FAILURE(pass_to_deadline(peer));
    }
    EXPECT_EQ(peer.now - begin, Duration::seconds(60));
    EXPECT_EQ(peer.events(), (std::vector{Event::Unanswered, Event::TimedOut}));
}

/// Ends of connections that a peer keeps waiting with a window of zero, answering every probe.
Duration life_with_closed_window(bool has_peer_finished) {
    Peer peer;
    peer.config.user_timeout = Duration::seconds(100);
    peer.establish();
    peer.window = 0;
    peer.give(peer.ack());
    peer.send(10);
    if (has_peer_finished) {
        wire::TcpHeader fin = peer.ack();
        fin.flags.fin = true;
        peer.give(fin);
        peer.next = peer.next + 1;
        peer.connection->close();
        EXPECT_EQ(peer.connection->state(), State::LastAck);
    }
    const Instant begin = peer.now;
    const SequenceNumber acknowledged = peer.heard;
    while (!peer.connection->is_closed() && peer.now - begin < Duration::seconds(100'000)) {
        peer.drain();
        peer.heard = acknowledged;
        peer.give(peer.ack());
        peer.drain();
        if (!peer.connection->poll_deadline()) break;
        peer.pass(*peer.connection->poll_deadline() - peer.now);
    }
    return peer.now - begin;
}

TEST(UserTimeout, EndsWhatNobodyReadsOrWritesAnyMore) {
    EXPECT_GE(life_with_closed_window(false), Duration::seconds(100'000)) << "MUST-37";
    EXPECT_LE(life_with_closed_window(true), Duration::seconds(160)) << "TCP-11";
}

}  // namespace
}  // namespace shunt::tcp
