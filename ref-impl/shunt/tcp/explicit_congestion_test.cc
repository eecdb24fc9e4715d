// SPDX-License-Identifier: Apache-2.0
// ECN (RFC 3168, TCP-14): who agrees to it when, what may be marked, what a mark does.
#include <gtest/gtest.h>

#include <algorithm>

#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;
using testing::Peer;
using testing::Sent;
using wire::EcnCodepoint;

wire::TcpFlags asking() {
    return {.syn = true, .ecn_echo = true, .congestion_window_reduced = true};
}

void establish_with_ecn(Peer& peer) {
    peer.syn_flags = asking();
    peer.establish();
    ASSERT_TRUE(peer.connection->negotiated().has_ecn());
}

TEST(ExplicitCongestion, IsAgreedToWhereASynAsksAndOnlyThere) {
    for (const bool echo : {false, true}) {
        for (const bool reduced : {false, true}) {
            for (const bool is_on : {false, true}) {
                Peer peer;
                peer.config.explicit_congestion_notification = is_on;
                peer.syn_flags.ecn_echo = echo;
                peer.syn_flags.congestion_window_reduced = reduced;
                peer.open();
                const auto answer = peer.drain();
                ASSERT_EQ(answer.size(), 1U);
                const bool agrees = echo && reduced && is_on;
                EXPECT_EQ(answer[0].flags.ecn_echo, agrees);
                EXPECT_FALSE(answer[0].flags.congestion_window_reduced);
                EXPECT_EQ(answer[0].ecn, EcnCodepoint::NotCapable) << "a SYN is never marked";
                EXPECT_EQ(peer.connection->negotiated().has_ecn(), agrees);
            }
        }
    }
}

TEST(ExplicitCongestion, IsAskedForIfConfiguredAndOnIfTheAnswerAgrees) {
    for (const bool asks : {false, true}) {
        for (const bool agrees : {false, true}) {
            Pair pair;
            pair.sides[0].config.explicit_congestion_notification_asked = asks;
            pair.sides[1].config.explicit_congestion_notification = agrees;
            pair.open();
            ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
            EXPECT_EQ(pair[0].negotiated().has_ecn(), asks && agrees);
            EXPECT_EQ(pair[1].negotiated().has_ecn(), asks && agrees);
        }
    }
}

TEST(ExplicitCongestion, IsOnAfterASimultaneousOpenOfTwoThatAsk) {
    Pair pair;
    for (auto& side : pair.sides)
        side.config.explicit_congestion_notification_asked = true;
    pair.open(true);
    ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
    EXPECT_TRUE(pair[0].negotiated().has_ecn());
    EXPECT_TRUE(pair[1].negotiated().has_ecn());
}

TEST(ExplicitCongestion, IsNotAskedForAgainByASynThatWasLost) {
    Pair pair;
    pair.sides[0].config.explicit_congestion_notification_asked = true;
    pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
        return Fate{.is_lost = from == 0 && index == 0};
    };
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
    EXPECT_TRUE(Sent::from(pair.sides[0].sent[0])->flags.ecn_echo);
    EXPECT_FALSE(Sent::from(pair.sides[0].sent[1])->flags.ecn_echo);
    EXPECT_FALSE(pair[0].negotiated().has_ecn());
}

TEST(ExplicitCongestion, AnAnswerThatRepeatsBothFlagsDoesNotAgree) {
    Config config;
    config.explicit_congestion_notification_asked = true;
    Peer peer;
    peer.next = Peer::kPeerInitial;
    auto opened = Connection::connect(config, peer.local, {Peer::kOurInitial, 0}, peer.now);
    peer.connection.emplace(std::move(*opened));
    peer.drain();
    wire::TcpHeader answer = peer.ack();
    answer.flags = asking();
    answer.flags.acknowledgment = true;
    peer.give(answer);
    EXPECT_EQ(peer.connection->state(), State::Established);
    EXPECT_FALSE(peer.connection->negotiated().has_ecn());
}

TEST(ExplicitCongestion, MarksNewTextAsCapableAndNothingElse) {
    Peer peer;
    establish_with_ecn(peer);
    peer.send(3 * 1'460);
    for (const Sent& one : peer.drain())
        EXPECT_EQ(one.ecn, EcnCodepoint::Capable0);
    peer.pass(Duration::seconds(1));
    for (const Sent& one : peer.drain())
        EXPECT_EQ(one.ecn, EcnCodepoint::NotCapable) << "a retransmission";
    peer.give(peer.ack());
    peer.give_next("text");
    peer.pass(Duration::milliseconds(40));
    const auto acknowledgment = peer.drain();
    ASSERT_EQ(acknowledgment.size(), 1U);
    EXPECT_EQ(acknowledgment[0].ecn, EcnCodepoint::NotCapable);
}

TEST(ExplicitCongestion, DoesNotMarkAProbeOfAClosedWindow) {
    Peer peer;
    establish_with_ecn(peer);
    wire::TcpHeader closing = peer.ack();
    closing.window = 0;
    peer.give(closing);
    peer.send(10);
    peer.drain();
    peer.pass(Duration::seconds(1));
    const auto probe = peer.drain();
    ASSERT_EQ(probe.size(), 1U);
    EXPECT_EQ(probe[0].text.size(), 1U);
    EXPECT_EQ(probe[0].ecn, EcnCodepoint::NotCapable);
}

TEST(ExplicitCongestion, EchoesAMarkUntilTheSenderSaysThatItHasHeard) {
    Peer peer;
    establish_with_ecn(peer);
    const auto answer_to = [&](EcnCodepoint ecn, bool reduced) {
        peer.ecn = ecn;
        wire::TcpHeader header = peer.ack();
        header.flags.congestion_window_reduced = reduced;
        peer.give(header, "text");
        peer.next = peer.next + 4;
        peer.pass(Duration::milliseconds(40));
        const auto sent = peer.drain();
        return sent.size() == 1 && sent[0].flags.ecn_echo;
    };
    EXPECT_FALSE(answer_to(EcnCodepoint::Capable0, false));
    EXPECT_TRUE(answer_to(EcnCodepoint::CongestionExperienced, false));
    EXPECT_TRUE(answer_to(EcnCodepoint::Capable0, false));
    EXPECT_FALSE(answer_to(EcnCodepoint::Capable0, true));
    EXPECT_TRUE(answer_to(EcnCodepoint::CongestionExperienced, true)) << "marked anew";
}

TEST(ExplicitCongestion, AMarkOnWhatWasNotAgreedSaysNothing) {
    Peer peer;
    peer.establish();
    peer.ecn = EcnCodepoint::CongestionExperienced;
    peer.give_next("text");
    peer.pass(Duration::milliseconds(40));
    EXPECT_FALSE(peer.drain().at(0).flags.ecn_echo);
    peer.send(1'460);
    peer.drain();
    wire::TcpHeader header = peer.ack();
    header.flags.ecn_echo = true;
    const std::uint32_t window = peer.connection->congestion_window();
    peer.give(header);
    EXPECT_GE(peer.connection->congestion_window(), window);
}

TEST(ExplicitCongestion, AnEchoLowersTheWindowOncePerWindowAndIsAnsweredOnce) {
    Peer peer;
    peer.config.congestion_control = congestion::Algorithm::NewReno;
    establish_with_ecn(peer);
    peer.send(40 * 1'460);
    const auto flight = peer.drain();
    ASSERT_EQ(flight.size(), 10U);
    wire::TcpHeader header = peer.ack();
    header.flags.ecn_echo = true;
    int answers = 0;
    for (std::size_t i = 1; i < flight.size(); ++i) {
        header.acknowledgment = flight[i].sequence;
        peer.give(header);
        EXPECT_EQ(peer.connection->congestion_window(), 9U * 1'460 / 2) << i;
        for (const Sent& one : peer.drain())
            answers += one.flags.congestion_window_reduced ? 1 : 0;
    }
    EXPECT_EQ(answers, 1);
    // What was sent after the reduction is of another window: a further echo counts.
    header.acknowledgment = peer.heard;
    peer.give(header);
    peer.drain();
    EXPECT_GE(peer.connection->congestion_window(), 9U * 1'460 / 2);
    header.acknowledgment = peer.heard;
    peer.give(header);
    EXPECT_LT(peer.connection->congestion_window(), 9U * 1'460 / 2);
}

TEST(ExplicitCongestion, MovesWithItsConnection) {
    Peer peer;
    establish_with_ecn(peer);
    peer.ecn = EcnCodepoint::CongestionExperienced;
    peer.give_next("text");
    peer.connection->consume(4);
    auto moved = Connection::import_snapshot(
        peer.config, peer.local, peer.connection->export_snapshot(1, peer.now), peer.now);
    ASSERT_TRUE(moved);
    peer.connection.emplace(std::move(*moved));
    peer.ecn = EcnCodepoint::Capable0;
    peer.give_next("more");
    peer.pass(Duration::milliseconds(40));
    const auto sent = peer.drain();
    ASSERT_FALSE(sent.empty());
    EXPECT_TRUE(sent.back().flags.ecn_echo);
    peer.send(10);
    EXPECT_EQ(peer.drain().at(0).ecn, EcnCodepoint::Capable0);
}

TEST(ExplicitCongestion, SlowsASenderDownWithoutALoss) {
    Pair pair;
    pair.sides[0].config.explicit_congestion_notification_asked = true;
    pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
        return Fate{.is_marked = from == 0 && index % 100 == 99};
    };
    pair.sides[0].wanted = 1'000'000;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }));
    EXPECT_LT(pair[0].congestion_window(), 100'000U);
    int echoes = 0;
    for (const auto& bytes : pair.sides[1].sent)
        echoes += Sent::from(bytes)->flags.ecn_echo ? 1 : 0;
    EXPECT_GT(echoes, 5);
}

}  // namespace
}  // namespace shunt::tcp
