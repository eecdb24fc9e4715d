// SPDX-License-Identifier: Apache-2.0
// What becomes of text and FIN: order, overlaps, acknowledgments, SACK, hand-made one by one.
#include <gtest/gtest.h>

#include <string>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

std::string readable(Peer& peer) {
    const ByteView bytes = peer.connection->readable();
    return {bytes.begin(), bytes.end()};
}

TEST(Text, FirstByteReceivedWins) {
    for (const bool reversed : {false, true}) {
        Peer peer;
        peer.establish();
        const SequenceNumber start = peer.next;
        peer.give(peer.at(start + 4), "EFGH");
        if (reversed) {
            peer.give(peer.at(start + 2), "cdefghij");
            peer.give(peer.at(start), "ab");
        } else {
            peer.give(peer.at(start), "abcdefghij");
        }
        EXPECT_EQ(readable(peer), "abcdEFGHij");
    }
}

TEST(Text, IsAcknowledgedAtTheSecondFullSegmentOrAfter40Ms) {
    Peer peer;
    peer.establish();
    const std::string full(1'444, 'x');
    peer.give_next(full);
    EXPECT_TRUE(peer.drain().empty());
    EXPECT_EQ(*peer.connection->poll_deadline() - peer.now, Duration::milliseconds(40));
    peer.give_next(full);
    ASSERT_EQ(peer.drain().size(), 1U);
    EXPECT_FALSE(peer.connection->poll_deadline());
    peer.give_next("x");
    EXPECT_TRUE(peer.drain().empty());
    peer.pass(Duration::milliseconds(39));
    EXPECT_TRUE(peer.drain().empty());
    peer.pass(Duration::milliseconds(1));
    ASSERT_EQ(peer.drain().size(), 1U);
    EXPECT_FALSE(peer.connection->poll_deadline());
}

TEST(Text, OfABatchIsAcknowledgedOnce) {
    Peer peer;
    peer.establish();
    for (int i = 0; i < 20; ++i)
        peer.give_next(std::string(1'444, 'x'));
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].acknowledgment, peer.next);
}

TEST(Text, RidesOnAnAnswer) {
    Peer peer;
    peer.establish();
    peer.give_next("request");
    peer.send(10);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].acknowledgment, peer.next);
    peer.give(peer.ack());
    EXPECT_FALSE(peer.connection->poll_deadline());
}

TEST(Text, OutOfOrderIsReportedMostRecentFirst) {
    Peer peer;
    peer.establish();
    const SequenceNumber start = peer.next;
    for (const std::uint32_t offset : {10U, 30U, 50U, 70U, 90U})
        peer.give(peer.at(start + offset), "0123456789");
    auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U) << "with SACK one says it all";
    auto blocks = sent[0].options.sack_blocks();
    ASSERT_EQ(blocks.size(), 4U);
    EXPECT_EQ(blocks[0], (wire::SackBlock{start + 90, start + 100}));
    EXPECT_EQ(blocks[1], (wire::SackBlock{start + 70, start + 80}));
    EXPECT_EQ(blocks[3], (wire::SackBlock{start + 30, start + 40}));
    // It joins two: the joined one comes first.
    peer.give(peer.at(start + 40), "0123456789");
    sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    blocks = sent[0].options.sack_blocks();
    EXPECT_EQ(blocks[0], (wire::SackBlock{start + 30, start + 60}));
    peer.give(peer.at(start), std::string(100, 'x'));
    sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U) << "a filled gap is acknowledged at once";
    EXPECT_EQ(sent[0].acknowledgment, start + 100);
    blocks = sent[0].options.sack_blocks();
    ASSERT_EQ(blocks.size(), 1U) << "nothing is out of order any more";
    EXPECT_EQ(blocks[0], (wire::SackBlock{start + 10, start + 20})) << "a D-SACK";
}

TEST(Text, OutOfOrderWithoutSackGetsADuplicateForEachSegment) {
    Peer peer;
    peer.syn_options.sack_permitted = false;
    peer.establish();
    for (const std::uint32_t offset : {10U, 20U, 30U})
        peer.give(peer.at(peer.next + offset), "0123456789");
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 3U);
    for (const auto& segment : sent) {
        EXPECT_EQ(segment.acknowledgment, peer.next);
        EXPECT_TRUE(segment.options.sack_blocks().empty());
    }
}

TEST(Text, OutOfOrderIsBoundedInRanges) {
    Peer peer;
    peer.config.out_of_order_ranges_max = 8;
    peer.establish();
    for (std::uint32_t i = 1; i <= 8; ++i)
        EXPECT_EQ(peer.give(peer.at(peer.next + i * 2), "x"), std::nullopt);
    EXPECT_EQ(peer.give(peer.at(peer.next + 40), "x"), Counter::DropTcpReceiveQueue);
    EXPECT_EQ(peer.give(peer.at(peer.next + 3), "x"), std::nullopt) << "it joins two";
}

TEST(Text, BeyondTheWindowIsCutOff) {
    Peer peer;
    peer.config.receive_buffer_max = 100;
    peer.establish();
    peer.give(peer.ack(), std::string(250, 'x'));
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].acknowledgment, peer.next + 100);
    EXPECT_EQ(sent[0].window, 0);
}

TEST(Text, HeldIsNeitherTakenNorAcknowledged) {
    Peer peer;
    peer.open();
    peer.drain();
    peer.connection->hold_text(true);
    EXPECT_EQ(peer.give(peer.ack(), "GET / HTTP/1.1\r\n"), std::nullopt);
    EXPECT_EQ(peer.connection->state(), State::Established) << "its ACK counts (SEL-5)";
    EXPECT_TRUE(peer.drain().empty());
    EXPECT_TRUE(peer.connection->is_established_and_idle());
    EXPECT_EQ(peer.connection->receive_next(), peer.next);
    EXPECT_FALSE(peer.connection->poll_deadline());
    peer.connection->hold_text(false);
    peer.give_next("GET / HTTP/1.1\r\n");
    EXPECT_EQ(readable(peer), "GET / HTTP/1.1\r\n");
}

TEST(Text, MarkedUrgentStaysInTheStream) {
    for (const unsigned pointer : {0U, 3U, 4U, 65'535U}) {
        Peer peer;
        peer.establish();
        wire::TcpHeader header = peer.ack();
        header.flags.urgent = true;
        header.urgent_pointer = static_cast<std::uint16_t>(pointer);
        header.flags.fin = true;
        EXPECT_EQ(peer.give(header, "abc"), std::nullopt);
        EXPECT_EQ(readable(peer), "abc");
        EXPECT_EQ(peer.connection->state(), State::CloseWait);
    }
}

TEST(Fin, WaitsForWhatComesBeforeIt) {
    Peer peer;
    peer.establish();
    peer.events();
    wire::TcpHeader fin = peer.at(peer.next + 3);
    fin.flags.fin = true;
    peer.give(fin, "def");
    EXPECT_EQ(peer.connection->state(), State::Established);
    // Nothing lies behind the end of the stream.
    peer.give(peer.at(peer.next + 5), "FGH");
    peer.give(peer.ack(), "abc");
    EXPECT_EQ(peer.connection->state(), State::CloseWait);
    EXPECT_EQ(readable(peer), "abcdef");
    const auto sent = peer.drain();
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent.back().acknowledgment, peer.next + 7);
    EXPECT_EQ(peer.events(), (std::vector<Event>{Event::Readable, Event::PeerFinished}));
}

TEST(Fin, EndsTheStreamBeforeWhatHasComeFromBehindIt) {
    Peer peer;
    peer.establish();
    peer.give(peer.at(peer.next + 5), "FGH");
    peer.give(peer.at(peer.next + 20), "far");
    wire::TcpHeader fin = peer.at(peer.next + 3);
    fin.flags.fin = true;
    peer.give(fin, "def");
    ASSERT_TRUE(peer.connection->export_block(1, peer.now).validate());
    peer.give(peer.ack(), "abc");
    EXPECT_EQ(peer.connection->state(), State::CloseWait);
    EXPECT_EQ(readable(peer), "abcdeF") << "the first byte received wins";
    EXPECT_EQ(peer.drain().back().acknowledgment, peer.next + 7);
    ASSERT_TRUE(peer.connection->export_block(1, peer.now).validate());
}

TEST(Fin, RepeatedIsAcknowledgedAgain) {
    Peer peer;
    peer.establish();
    wire::TcpHeader fin = peer.ack();
    fin.flags.fin = true;
    peer.give(fin);
    ASSERT_EQ(peer.drain().size(), 1U);
    EXPECT_EQ(peer.give(fin), Counter::DropTcpWindow);
    const auto sent = peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].acknowledgment, peer.next + 1);
}

}  // namespace
}  // namespace shunt::tcp
