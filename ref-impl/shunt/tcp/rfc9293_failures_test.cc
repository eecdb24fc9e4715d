// SPDX-License-Identifier: Apache-2.0
// What RFC 9293 3.8.3 demands where a peer does not answer: R1, R2; docs/rfc9293.md names the
// requirements.
#include <gtest/gtest.h>

#include <algorithm>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

void wait(Peer& peer) {
    peer.drain();
    peer.now = *peer.connection->poll_deadline();
    peer.connection->handle_deadline(peer.now);
}

/// How long data waits for its acknowledgment until the connection is given up.
Duration patience(Peer& peer) {
    peer.establish();
    peer.send(100);
    peer.drain();
    const Instant start = peer.now;
    while (!peer.connection->is_closed())
        wait(peer);
    return peer.now - start;
}

bool is_reported(Peer& peer) {
    return std::ranges::count(peer.events(), Event::Unanswered) == 1;
}

TEST(Rfc9293Failures, TheThirdRetransmissionIsReportedAndTheConnectionLives) {
    Peer peer;
    peer.syn_options.sack_permitted = false;  // no probe of RFC 8985 comes between
    peer.establish();
    for (int episode = 0; episode < 2; ++episode) {
        peer.send(100);
        for (int retransmission = 1; retransmission <= 5; ++retransmission) {
            wait(peer);
            EXPECT_EQ(is_reported(peer), retransmission == 3) << retransmission;
            EXPECT_EQ(peer.connection->state(), State::Established);
        }
        peer.drain();
        peer.give(peer.ack());  // the peer is back: it is counted anew
        peer.drain();
        EXPECT_EQ(peer.connection->send_queue_size(), 0U);
    }
}

TEST(Rfc9293Failures, ASynIsReportedLikeData) {
    Peer peer;
    auto opened = Connection::connect(peer.config, peer.local, {}, peer.now);
    peer.connection.emplace(std::move(*opened));
    for (int retransmission = 1; retransmission <= 4; ++retransmission) {
        wait(peer);
        EXPECT_EQ(is_reported(peer), retransmission == 3) << retransmission;
    }
}

TEST(Rfc9293Failures, AnApplicationThatAsksForNoEventsIsServedAllTheSame) {
    Peer peer;
    peer.establish();
    peer.send(100);
    for (int i = 0; i < 5; ++i)
        wait(peer);
    wire::TcpHeader urgent = peer.ack();
    urgent.flags.urgent = true;
    urgent.urgent_pointer = 4;
    EXPECT_EQ(peer.give(urgent, "text"), std::nullopt);
    EXPECT_EQ(peer.connection->send_queue_size(), 0U);
    EXPECT_EQ(peer.connection->receive_queue_size(), 4U);
    EXPECT_EQ(peer.events(),
              (std::vector{Event::Established, Event::Urgent, Event::Readable, Event::Unanswered}))
        << "each is remembered once, however often it happened";
}

TEST(Rfc9293Failures, AKeepAliveComesAfterTheConfiguredSilence) {
    for (const Duration silence : {Duration::seconds(10), Duration::seconds(10'000)}) {
        Peer peer;
        peer.config.keep_alive = true;
        peer.config.keep_alive_idle = silence;
        peer.establish();
        peer.pass(silence - Duration::milliseconds(1));
        EXPECT_TRUE(peer.drain().empty());
        peer.pass(Duration::milliseconds(1));
        EXPECT_EQ(peer.drain().size(), 1U);
    }
}

TEST(Rfc9293Failures, DataIsSentForAHundredSecondsAtLeast) {
    Peer peer;
    EXPECT_GE(patience(peer), Duration::seconds(100));
    EXPECT_GE(peer.config.retransmissions_max, peer.config.retransmissions_until_report);
}

TEST(Rfc9293Failures, EachConnectionHasALimitOfItsOwn) {
    Peer patient;
    Peer impatient;
    impatient.config.user_timeout = Duration::seconds(2);
    const Duration shorter = patience(impatient);
    const Duration longer = patience(patient);
    EXPECT_LT(shorter, Duration::seconds(10));
    EXPECT_GT(longer, Duration::seconds(100));
    Peer bounded;
    bounded.config.retransmissions_max = 2;
    EXPECT_LT(patience(bounded), Duration::seconds(2));
}

}  // namespace
}  // namespace shunt::tcp
