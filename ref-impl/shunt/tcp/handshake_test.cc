// SPDX-License-Identifier: Apache-2.0
// Opening a connection (RFC 9293 3.5) between two of ours.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;
using testing::Peer;
using testing::Sent;

wire::TcpView segment_of(const std::vector<std::uint8_t>& packet) {
    return *wire::TcpView::parse(*wire::Ipv4View::parse(packet));
}

TEST(Handshake, OpensInThreeSegmentsAndThenIsSilent) {
    Pair pair;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
    pair.run_for(Duration::seconds(30));
    EXPECT_EQ(pair.sides[0].sent.size(), 2U);
    EXPECT_EQ(pair.sides[1].sent.size(), 1U);
    EXPECT_EQ(pair.sides[0].events, std::vector<Event>{Event::Established});
    EXPECT_EQ(pair.sides[1].events, std::vector<Event>{Event::Established});
    EXPECT_FALSE(pair[0].poll_deadline());
    EXPECT_FALSE(pair[1].poll_deadline());
    EXPECT_TRUE(pair[1].is_established_and_idle());
    EXPECT_EQ(pair[0].send_next(), pair[1].receive_next());
    EXPECT_EQ(pair[1].send_next(), pair[0].receive_next());
}

TEST(Handshake, AnswersASynWithTheOptionsThatBothWant) {
    Pair pair;
    pair.sides[1].config.advertised_mss = 1'200;
    pair.sides[1].config.window_scale = 9;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
    const wire::TcpOptions offered = segment_of(pair.sides[0].sent[0]).options();
    EXPECT_EQ(offered.mss, 1'444);
    EXPECT_EQ(offered.window_scale, 7);
    EXPECT_TRUE(offered.sack_permitted);
    ASSERT_TRUE(offered.timestamps);
    EXPECT_EQ(offered.timestamps->value, 1'077U);
    const wire::TcpOptions accepted = segment_of(pair.sides[1].sent[0]).options();
    EXPECT_EQ(accepted.mss, 1'200);
    EXPECT_EQ(accepted.window_scale, 9);
    EXPECT_TRUE(accepted.sack_permitted);
    EXPECT_EQ(accepted.timestamps->echo, 1'077U);
    EXPECT_EQ(pair[0].negotiated().send_scale, 9);
    EXPECT_EQ(pair[0].negotiated().maximum_segment, 1'200);
    EXPECT_EQ(pair[1].negotiated().receive_scale, 9);
}

TEST(Handshake, AnswersASynThatCrossedOursWithWhatItOffered) {
    for (const bool offers : {false, true}) {
        testing::Peer peer;
        peer.next = testing::Peer::kPeerInitial;
        auto opened =
            Connection::connect(peer.config, peer.local, {testing::Peer::kOurInitial, 0}, peer.now);
        peer.connection.emplace(std::move(*opened));
        const auto first = peer.drain();
        ASSERT_EQ(first.size(), 1U);
        EXPECT_TRUE(first[0].options.window_scale && first[0].options.timestamps);
        wire::TcpHeader crossing;
        crossing.sequence = testing::Peer::kPeerInitial;
        crossing.flags.syn = true;
        crossing.window = peer.window;
        if (offers) {
            crossing.options.window_scale = 2;
            crossing.options.timestamps = {.value = peer.timestamp(), .echo = 0};
        }
        peer.give(crossing);
        const auto answer = peer.drain();
        ASSERT_EQ(answer.size(), 1U);
        EXPECT_TRUE(answer[0].flags.syn && answer[0].flags.acknowledgment);
        EXPECT_EQ(answer[0].options.window_scale.has_value(), offers);
        EXPECT_EQ(answer[0].options.timestamps.has_value(), offers);
    }
}

TEST(Handshake, BringsUpNoOptionThatOneSideDoesNotWant) {
    for (std::size_t unwilling = 0; unwilling < 2; ++unwilling) {
        Pair pair;
        Config& config = pair.sides[unwilling].config;
        config.window_scaling = config.timestamps = config.selective_acknowledgment = false;
        pair.open();
        ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
        const wire::TcpOptions accepted = segment_of(pair.sides[1].sent[0]).options();
        EXPECT_FALSE(accepted.window_scale);
        EXPECT_FALSE(accepted.timestamps);
        EXPECT_FALSE(accepted.sack_permitted);
        for (std::size_t side = 0; side < 2; ++side) {
            EXPECT_FALSE(pair[side].negotiated().has_scaling());
            EXPECT_FALSE(pair[side].negotiated().has_timestamps());
            EXPECT_FALSE(pair[side].negotiated().sack_permitted);
        }
    }
}

TEST(Handshake, SurvivesTheLossOfEachOfItsSegments) {
    for (std::size_t side = 0; side < 2; ++side) {
        Pair pair;
        pair.plan = [&](std::size_t from, std::size_t index, const wire::TcpView&) {
            return Fate{.is_lost = from == side && index < 2};
        };
        pair.open();
        pair.sides[0].wanted = pair.sides[1].wanted = 5'000;
        pair.settle();
        EXPECT_TRUE(pair.run_until([&] { return pair.all_read(); })) << "side " << side;
        EXPECT_TRUE(pair.both_established());
    }
}

TEST(Handshake, AnswersARepeatedSynWithTheSameSynAck) {
    Pair pair;
    pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
        return Fate{.is_lost = from == 1 && index == 0};
    };
    pair.open();
    pair.run_for(Duration::milliseconds(20));
    ASSERT_EQ(pair[1].state(), State::SynReceived);
    const auto syn = pair.sides[0].sent[0];
    pair.inject(1, syn);
    ASSERT_EQ(pair.sides[1].sent.size(), 2U);
    const auto again = segment_of(pair.sides[1].sent[1]);
    EXPECT_TRUE(again.flags().syn);
    EXPECT_TRUE(again.flags().acknowledgment);
    EXPECT_EQ(again.sequence(), SequenceNumber(500'000));
    EXPECT_TRUE(pair.run_until([&] { return pair.both_established(); }, Duration::seconds(1)));
}

TEST(Handshake, GivesUpASynThatNobodyAnswersAfterThreeMinutes) {
    Pair pair;
    pair.plan = [](std::size_t, std::size_t, const wire::TcpView&) {
        return Fate{.is_lost = true};
    };
    const Instant start = pair.now;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair[0].is_closed(); }));
    EXPECT_GE(pair.now - start, Duration::seconds(180));
    EXPECT_EQ(pair.sides[0].events, (std::vector{Event::Unanswered, Event::TimedOut}));
    EXPECT_EQ(pair.sides[0].sent.size(), 8U);
    EXPECT_FALSE(pair[0].poll_deadline());
}

TEST(Handshake, GivesUpASynAckThatNobodyAnswers) {
    Pair pair;
    pair.plan = [](std::size_t from, std::size_t, const wire::TcpView&) {
        return Fate{.is_lost = from == 1};
    };
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.sides[1].connection && pair[1].is_closed(); },
                               Duration::seconds(100)));
    EXPECT_TRUE(pair.sides[1].had(Event::TimedOut));
}

TEST(Handshake, OpensFromBothEndsAtOnce) {
    Pair pair;
    pair.sides[1].listens = false;
    pair.open(true);
    pair.sides[0].wanted = pair.sides[1].wanted = 20'000;
    pair.settle();
    EXPECT_TRUE(pair.run_until([&] { return pair.all_read(); }));
    EXPECT_TRUE(pair.both_established());
    EXPECT_TRUE(pair[0].negotiated().has_timestamps());
    EXPECT_TRUE(pair[0].negotiated().has_scaling());
    EXPECT_TRUE(pair.sides[0].is_content_right && pair.sides[1].is_content_right);
}

/// RFC 7323 2.2: it is that of a segment with SYN.
TEST(Handshake, DoesNotScaleTheWindowOfTheSynAckOfASimultaneousOpen) {
    Peer peer;
    auto opened = Connection::connect(peer.config, peer.local, {Peer::kOurInitial, 0}, peer.now);
    ASSERT_TRUE(opened);
    peer.connection.emplace(std::move(*opened));
    peer.drain();
    wire::TcpHeader syn;
    syn.sequence = Peer::kPeerInitial;
    syn.flags.syn = true;
    syn.window = 1'000;
    syn.options = peer.syn_options;
    peer.give(syn);
    peer.drain();
    syn.flags.acknowledgment = true;
    syn.acknowledgment = Peer::kOurInitial + 1;
    peer.give(syn);
    ASSERT_EQ(peer.connection->state(), State::Established);
    peer.send(4'000);
    std::size_t sent = 0;
    for (const Sent& one : peer.drain())
        sent += one.text.size();
    EXPECT_EQ(sent, 1'000U);
    // That of any other segment is scaled.
    peer.next = Peer::kPeerInitial + 1;
    peer.window = 1'000;
    peer.give(peer.ack());
    sent = 0;
    for (const Sent& one : peer.drain())
        sent += one.text.size();
    EXPECT_EQ(sent, 3'000U);
}

TEST(Handshake, IsRefusedByAReset) {
    Pair pair;
    pair.sides[1].listens = false;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair[0].is_closed(); }));
    EXPECT_EQ(pair.sides[0].events, std::vector<Event>{Event::Reset});
}

TEST(Handshake, TakesAScaleAbove14For14AndATinyMssForTheFloor) {
    struct Case {
        std::optional<std::uint16_t> offered;
        std::uint16_t used;
    };
    for (const Case c : {Case{0, 48}, Case{1, 48}, Case{8, 48}, Case{48, 48}, Case{49, 49},
                         Case{std::nullopt, 536}, Case{65'535, 65'535}}) {
        testing::Peer peer;
        peer.syn_options.window_scale = 15;
        peer.syn_options.mss = c.offered;
        peer.establish();
        EXPECT_EQ(peer.connection->negotiated().send_scale, 14);
        EXPECT_EQ(peer.connection->negotiated().maximum_segment, c.used);
        peer.send(5'000);
        const std::size_t size = peer.drain()[0].text.size();
        EXPECT_EQ(size, std::min<std::size_t>(c.used, 1'460));
    }
}

TEST(Handshake, SendsAtMostOneSegmentFirstIfTheSynWasLost) {
    Pair pair;
    pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
        return Fate{.is_lost = from == 0 && index == 0};
    };
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.both_established(); }));
    EXPECT_LT(pair[0].congestion_window(), 1'460U);
    EXPECT_GE(pair[1].congestion_window(), 14'000U);
}

}  // namespace
}  // namespace shunt::tcp
