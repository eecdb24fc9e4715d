// SPDX-License-Identifier: Apache-2.0
// Tail loss probes (RFC 8985 7): when, what, how often, and what their answers mean.
#include <gtest/gtest.h>

#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;
using testing::Peer;

constexpr Duration kRoundTrip = Duration::milliseconds(40);

/// ESTABLISHED after a handshake whose round trip was measured.
void establish(Peer& peer) {
    peer.open();
    peer.drain();
    peer.now = peer.now + kRoundTrip;
    peer.give(peer.ack());
    peer.drain();
}

TEST(TailLossProbe, IsTheLastSegmentTwoRoundTripsLater) {
    Peer peer;
    establish(peer);
    peer.send(5 * 1'460);
    const auto flight = peer.drain();
    EXPECT_EQ(*peer.connection->poll_deadline() - peer.now, kRoundTrip * 2);
    peer.pass(kRoundTrip * 2);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0], flight[4]);
    EXPECT_EQ(peer.connection->congestion_window(), 14'600U);
    EXPECT_EQ(*peer.connection->poll_deadline() - peer.now, Duration::milliseconds(200))
        << "then the timer, with its whole time";
}

TEST(TailLossProbe, IsNewTextWhereThereIsSomeAndThePeerTakesIt) {
    Peer peer;
    establish(peer);
    peer.send(20 * 1'460);
    ASSERT_EQ(peer.drain().size(), 10U);
    peer.pass(kRoundTrip * 2);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].sequence, Peer::kOurInitial + 1 + 14'600);
}

TEST(TailLossProbe, OfASingleSegmentWaitsForADelayedAcknowledgment) {
    Peer peer;
    peer.config.retransmission_timeout_min = Duration::seconds(1);
    establish(peer);
    peer.send(100);
    peer.drain();
    EXPECT_EQ(*peer.connection->poll_deadline() - peer.now,
              kRoundTrip * 2 + Duration::milliseconds(200));
}

TEST(TailLossProbe, IsNotRepeatedBeforeItIsAnswered) {
    Peer peer;
    establish(peer);
    peer.send(5 * 1'460);
    peer.drain();
    peer.pass(kRoundTrip * 2);
    ASSERT_EQ(peer.drain().size(), 1U);
    peer.send(1'460);
    EXPECT_EQ(peer.drain().size(), 1U) << "new text";
    peer.pass(kRoundTrip * 2);
    EXPECT_TRUE(peer.drain().empty());
}

TEST(TailLossProbe, NeedsSackAndARoundTrip) {
    Peer peer;
    peer.syn_options.sack_permitted = false;
    establish(peer);
    peer.send(5 * 1'460);
    peer.drain();
    EXPECT_EQ(*peer.connection->poll_deadline() - peer.now, Duration::milliseconds(200));
}

TEST(TailLossProbe, ThatRepairedALossLowersTheWindow) {
    Peer peer;
    establish(peer);
    peer.send(5 * 1'460);
    const auto flight = peer.drain();
    peer.pass(kRoundTrip);
    wire::TcpHeader header = peer.ack();
    header.acknowledgment = flight[4].sequence;
    peer.give(header);
    peer.pass(kRoundTrip * 2 + Duration::milliseconds(200));
    ASSERT_EQ(peer.drain().size(), 1U);
    const std::uint32_t window = peer.connection->congestion_window();
    header.acknowledgment = peer.heard;
    peer.give(header);
    EXPECT_EQ(peer.connection->congestion_window(), window) << "a D-SACK may still come";
    peer.send(1'460);
    peer.drain();
    peer.give(peer.ack());
    EXPECT_LT(peer.connection->congestion_window(), window);
}

TEST(TailLossProbe, ThatWasNotNeededLowersNothing) {
    Peer peer;
    establish(peer);
    peer.send(5 * 1'460);
    const auto flight = peer.drain();
    peer.pass(kRoundTrip * 2);
    ASSERT_EQ(peer.drain().size(), 1U);
    peer.give(peer.ack());  // the flight, late
    wire::TcpHeader header = peer.ack();
    header.options.add_sack_block({flight[4].sequence, peer.heard});
    peer.give(header);  // the probe, a duplicate (RFC 2883)
    const std::uint32_t window = peer.connection->congestion_window();
    peer.send(1'460);
    peer.drain();
    peer.give(peer.ack());
    EXPECT_GE(peer.connection->congestion_window(), window);
}

TEST(TailLossProbe, RepairsALostTailWithoutTheTimer) {
    for (const std::size_t lost : {2U, 3U, 8U}) {
        Pair pair;
        std::size_t sent_last = 0;
        std::size_t is_lost = 0;
        pair.plan = [&](std::size_t from, std::size_t, const wire::TcpView& segment) {
            Fate fate;
            // Of 40 segments the last ones, the first time they are sent.
            const std::uint32_t end = segment.sequence() - SequenceNumber(1'001) +
                                      static_cast<std::uint32_t>(segment.payload().size());
            const bool is_tail = from == 0 && end > (40 - lost) * 1'432 && sent_last < lost;
            if (is_tail && !segment.payload().empty()) {
                ++sent_last;
                ++is_lost;
                fate.is_lost = true;
            }
            return fate;
        };
        pair.sides[0].wanted = std::uint64_t{40} * 1'432;
        pair.open();
        const Instant start = pair.now;
        ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }));
        EXPECT_EQ(is_lost, lost);
        EXPECT_LT(pair.now - start, Duration::milliseconds(190)) << lost << " lost";
        EXPECT_TRUE(pair.sides[1].is_content_right);
    }
}

}  // namespace
}  // namespace shunt::tcp
