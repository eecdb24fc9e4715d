// SPDX-License-Identifier: Apache-2.0
// Which segments are let in: PAWS, sequence number, RST, SYN, hand-made one by one.
#include <gtest/gtest.h>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

TEST(SequenceCheck, AcceptsFromTheNextNumberToTheEdgeOnly) {
    struct Case {
        std::int64_t offset;  // from RCV.NXT
        bool is_accepted;
    };
    Peer probe;
    probe.establish();
    const auto window = std::int64_t{65'535};
    for (const Case c : {Case{-3, false}, Case{-2, true}, Case{0, true}, Case{window - 1, true},
                         Case{window, false}}) {
        Peer peer;
        peer.establish();
        const auto dropped =
            peer.give(peer.at(peer.next + static_cast<std::uint32_t>(c.offset)), "abc");
        EXPECT_EQ(!dropped, c.is_accepted) << c.offset;
        if (dropped) {
            EXPECT_EQ(*dropped, Counter::DropTcpWindow);
            ASSERT_EQ(peer.drain().size(), 1U) << "it is answered with an ACK";
        }
    }
}

TEST(SequenceCheck, AnswersMereAcknowledgmentsOutsideAtALimitedRate) {
    Peer peer;
    peer.establish();
    std::size_t answered = 0;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(peer.give(peer.at(peer.next - 1)), Counter::DropTcpWindow);
        answered += peer.drain().size();
    }
    EXPECT_EQ(answered, ChallengeLimit::kCountMax);
    peer.pass(ChallengeLimit::kPeriod);
    peer.give(peer.at(peer.next - 1));
    EXPECT_EQ(peer.drain().size(), 1U);
}

TEST(ResetCheck, ResetsAtExactlyTheNextNumber) {
    Peer peer;
    peer.establish();
    peer.events();
    EXPECT_EQ(peer.give(peer.reset(peer.next)), std::nullopt);
    EXPECT_TRUE(peer.connection->is_closed());
    EXPECT_EQ(peer.events(), std::vector<Event>{Event::Reset});
    EXPECT_TRUE(peer.drain().empty());
    EXPECT_FALSE(peer.connection->poll_deadline());
}

TEST(ResetCheck, ChallengesOneInsideTheWindow) {
    for (const std::uint32_t offset : {1U, 65'534U}) {
        Peer peer;
        peer.establish();
        EXPECT_EQ(peer.give(peer.reset(peer.next + offset)), Counter::DropTcpReset);
        EXPECT_EQ(peer.connection->state(), State::Established);
        const auto sent = peer.drain();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_TRUE(sent[0].flags.acknowledgment);
        EXPECT_EQ(sent[0].acknowledgment, peer.next);
    }
}

TEST(ResetCheck, DropsOneOutsideTheWindowSilently) {
    for (const std::uint32_t offset : {0U - 1U, 65'535U, 1'000'000U}) {
        Peer peer;
        peer.establish();
        EXPECT_EQ(peer.give(peer.reset(peer.next + offset)), Counter::DropTcpReset) << offset;
        EXPECT_EQ(peer.connection->state(), State::Established);
        EXPECT_TRUE(peer.drain().empty());
    }
}

TEST(ResetCheck, EndsAHalfOpenConnection) {
    Peer peer;
    peer.open();
    peer.drain();
    EXPECT_EQ(peer.give(peer.reset(peer.next)), std::nullopt);
    EXPECT_TRUE(peer.connection->is_closed());
}

TEST(SynCheck, ChallengesASynInAnEstablishedConnection) {
    for (const std::uint32_t offset : {0U, 100U}) {
        Peer peer;
        peer.establish();
        wire::TcpHeader syn = peer.at(peer.next + offset);
        syn.flags = {};
        syn.flags.syn = true;
        EXPECT_EQ(peer.give(syn), Counter::DropTcpSyn);
        EXPECT_EQ(peer.connection->state(), State::Established);
        const auto sent = peer.drain();
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_FALSE(sent[0].flags.reset);
        EXPECT_EQ(sent[0].acknowledgment, peer.next);
    }
}

TEST(SynCheck, AnswersTheRepeatedSynOfAnEstablishedConnectionWithAnAck) {
    Peer peer;
    peer.establish();
    wire::TcpHeader syn = peer.at(Peer::kPeerInitial);
    syn.flags = {};
    syn.flags.syn = true;
    EXPECT_EQ(peer.give(syn), Counter::DropTcpWindow);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_FALSE(sent[0].flags.syn);
}

class Timestamps : public ::testing::Test {
  protected:
    Timestamps() {
        peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
        peer.establish();
    }
    wire::TcpHeader with_timestamp(std::uint32_t value) {
        wire::TcpHeader header = peer.ack();
        header.options.timestamps->value = value;
        return header;
    }
    Peer peer;
};

TEST_F(Timestamps, DropAnOldSegmentAndAnswerIt) {
    EXPECT_EQ(peer.give(with_timestamp(peer.timestamp() - 1), "late"), Counter::DropTcpPaws);
    EXPECT_EQ(peer.drain().size(), 1U);
    EXPECT_EQ(peer.connection->receive_queue_size(), 0U);
    EXPECT_EQ(peer.give(with_timestamp(peer.timestamp()), "here"), std::nullopt);
    EXPECT_EQ(peer.connection->receive_queue_size(), 4U);
}

TEST_F(Timestamps, AreForgottenAfter24Days) {
    peer.now = peer.now + Duration::seconds(24 * 86'400 + 1);
    EXPECT_EQ(peer.give(with_timestamp(6'999'999), "back"), std::nullopt);
    EXPECT_EQ(peer.connection->receive_queue_size(), 4U);
}

TEST_F(Timestamps, AreMissedInSilence) {
    wire::TcpHeader header = peer.ack();
    header.options.timestamps.reset();
    EXPECT_EQ(peer.give(header, "bare"), Counter::DropTcpTimestampMissing);
    EXPECT_TRUE(peer.drain().empty());
    // A RST needs none (RFC 7323 3.2).
    wire::TcpHeader reset = peer.reset(peer.next);
    reset.options.timestamps.reset();
    EXPECT_EQ(peer.give(reset), std::nullopt);
    EXPECT_TRUE(peer.connection->is_closed());
}

TEST_F(Timestamps, EchoTheOneOfTheSegmentThatAcknowledgmentsWaitFor) {
    const std::uint32_t first = peer.timestamp();
    peer.pass(Duration::milliseconds(3));
    // Out of order: its timestamp is not echoed (RFC 7323 4.3).
    peer.give(peer.at(peer.next + 10), "later");
    auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].options.timestamps->echo, first);
    peer.give_next("0123456789");
    sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].options.timestamps->echo, first + 3);
}

TEST_F(Timestamps, TickEveryMillisecondFromTheOffset) {
    peer.send(1);
    const auto first = peer.drain();
    peer.pass(Duration::milliseconds(10));
    peer.give(peer.ack());
    peer.send(1);
    const auto second = peer.drain();
    EXPECT_EQ(first[0].options.timestamps->value, 12'345U + 1'000U);
    EXPECT_EQ(second[0].options.timestamps->value, 12'345U + 1'010U);
}

// RFC 7323 3.2 lets a segment without the option be dropped; a peer that has forgotten us must hear
// of it all the same (RFC 5961 4.2), or it asks in vain until we are given up.
TEST(TimestampCheck, ASynWithoutThemIsChallenged) {
    for (const std::uint32_t offset : {0U, 5U, 1'000'000U}) {
        for (const bool has_old : {false, true}) {
            Peer peer;
            peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
            peer.establish();
            wire::TcpHeader syn = peer.at(peer.next + offset);
            syn.flags = {.syn = true};
            syn.acknowledgment = SequenceNumber(0);
            syn.options = {};
            if (has_old) syn.options.timestamps = {peer.timestamp() - 5'000, 0};
            EXPECT_TRUE(peer.give(syn));
            const auto sent = peer.drain();
            ASSERT_EQ(sent.size(), 1U) << offset;
            EXPECT_TRUE(sent[0].flags.acknowledgment && !sent[0].flags.syn);
            EXPECT_EQ(sent[0].acknowledgment, peer.next);
            EXPECT_TRUE(sent[0].options.timestamps);
            EXPECT_EQ(peer.connection->state(), State::Established);
        }
    }
}

TEST(TimestampCheck, OtherSegmentsWithoutThemAreDroppedInSilence) {
    Peer peer;
    peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
    peer.establish();
    wire::TcpHeader bare = peer.ack();
    bare.options.timestamps.reset();
    EXPECT_EQ(peer.give(bare, "text"), Counter::DropTcpTimestampMissing);
    EXPECT_TRUE(peer.drain().empty());
}

}  // namespace
}  // namespace shunt::tcp
