// SPDX-License-Identifier: Apache-2.0
// Losses that were none (RFC 3522, RFC 3708), and what becomes of the window (RFC 4015).
#include <gtest/gtest.h>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

constexpr Duration kRoundTrip = Duration::milliseconds(40);
constexpr std::uint32_t kSegments = 10;

/// A flight of ten full segments.
struct Scene {
    explicit Scene(bool timestamps) : size(timestamps ? 1'448 : 1'460) {
        peer.config.congestion_control = congestion::Algorithm::NewReno;
        if (timestamps) peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
        peer.open();
        peer.drain();
        peer.now = peer.now + kRoundTrip;
        peer.give(peer.ack());
        peer.drain();
        first = peer.heard;
        for (std::uint32_t i = 0; i < kSegments; ++i) {
            peer.send(size);
            peer.drain();
            peer.now = peer.now + Duration::milliseconds(1);
        }
        first_echo = peer.echo;
        window_before = peer.connection->congestion_window();
    }
    wire::TcpHeader acknowledgment(std::uint32_t edge) const {
        wire::TcpHeader header = peer.ack();
        header.acknowledgment = begin(edge);
        return header;
    }
    SequenceNumber begin(std::uint32_t index) const { return first + index * size; }
    wire::SackBlock block(std::uint32_t left, std::uint32_t right) const {
        return {begin(left), begin(right)};
    }
    /// Until the retransmission timer has fired, and what it lets out.
    void time_out() {
        while (window() > size) {
            peer.now = *peer.connection->poll_deadline();
            peer.connection->handle_deadline(peer.now);
            peer.drain();
        }
    }
    std::uint32_t window() const { return peer.connection->congestion_window(); }
    std::uint32_t threshold() const {
        return peer.connection->export_block(1, peer.now).slow_start_threshold;
    }

    Peer peer;
    std::uint32_t size;
    SequenceNumber first;
    std::uint32_t first_echo = 0;
    std::uint32_t window_before = 0;
};

TEST(SpuriousRecovery, EndsWithTheAnswerToAFirstCopy) {
    Scene scene(true);
    scene.time_out();
    wire::TcpHeader header = scene.acknowledgment(2);
    header.options.timestamps->echo = scene.first_echo;
    scene.peer.give(header);
    EXPECT_GE(scene.window(), scene.window_before);
    EXPECT_TRUE(scene.peer.drain().empty()) << "nothing of it goes again";
    scene.peer.send(2 * scene.size);
    const auto sent = scene.peer.drain();
    ASSERT_EQ(sent.size(), 2U) << "two have left the network";
    EXPECT_EQ(sent[0].sequence, scene.begin(kSegments));
}

TEST(SpuriousRecovery, SendsAgainWhatIsMissingWhereOnlyAcknowledgmentsWereLost) {
    Scene scene(true);
    scene.time_out();
    wire::TcpHeader header = scene.acknowledgment(2);
    header.options.timestamps->echo = scene.first_echo;
    header.options.add_sack_block(scene.block(0, 1));
    scene.peer.give(header);
    EXPECT_GE(scene.window(), scene.window_before);
    const auto sent = scene.peer.drain();
    ASSERT_GE(sent.size(), 7U) << "long enough ago: not on their way any more";
    EXPECT_EQ(sent[0].sequence, scene.begin(2));
}

TEST(SpuriousRecovery, IsNoneIfTheRetransmissionIsAnswered) {
    Scene scene(true);
    scene.time_out();
    scene.peer.give(scene.acknowledgment(1));
    EXPECT_LE(scene.window(), 2 * scene.size);
    ASSERT_EQ(scene.peer.drain().size(), 2U) << "segments 1 and 2 again";
    // What is echoed later says nothing of the first retransmission (RFC 3522 3.2, step 5).
    wire::TcpHeader header = scene.acknowledgment(2);
    header.options.timestamps->echo = scene.first_echo;
    scene.peer.give(header);
    EXPECT_LE(scene.window(), 4 * scene.size);
}

TEST(SpuriousRecovery, LeavesTheWindowLowWhereTheNetworkMarks) {
    Scene scene(true);
    scene.time_out();
    wire::TcpHeader header = scene.acknowledgment(2);
    header.options.timestamps->echo = scene.first_echo;
    header.flags.ecn_echo = true;
    scene.peer.give(header);
    EXPECT_LE(scene.window(), 3 * scene.size);
}

TEST(SpuriousRecovery, RestoresTheThreshold) {
    Scene scene(true);
    const std::uint32_t before = scene.threshold();
    scene.time_out();
    EXPECT_LT(scene.threshold(), before);
    wire::TcpHeader header = scene.acknowledgment(10);
    header.options.timestamps->echo = scene.first_echo;
    scene.peer.give(header);
    EXPECT_EQ(scene.threshold(), before);
}

TEST(SpuriousRecovery, EndsWhenEverythingThatWentAgainIsReportedAsDuplicate) {
    for (const bool is_other : {false, true}) {
        Scene scene(false);
        scene.peer.pass(Duration::milliseconds(31));
        for (const std::uint32_t right : {2U, 3U, 4U}) {
            wire::TcpHeader header = scene.acknowledgment(0);
            header.options.add_sack_block(scene.block(1, right));
            scene.peer.give(header);
        }
        ASSERT_EQ(scene.peer.drain().size(), 1U) << "segment 0 again";
        scene.peer.give(scene.acknowledgment(10));  // it was only late
        EXPECT_EQ(scene.threshold(), 5 * scene.size);
        wire::TcpHeader header = scene.acknowledgment(10);
        header.options.add_sack_block(is_other ? scene.block(4, 5) : scene.block(0, 1));
        scene.peer.give(header);
        if (is_other) {
            EXPECT_EQ(scene.threshold(), 5 * scene.size) << "the network has repeated another one";
        } else {
            EXPECT_EQ(scene.threshold(), congestion::Control::kThresholdUnlimited)
                << "slow start to where it was (RFC 4015 3.2)";
        }
    }
}

TEST(SpuriousRecovery, IsNotCertainBeforeTheLastRepetitionIsReported) {
    Scene scene(false);
    scene.peer.pass(Duration::milliseconds(60));
    for (int i = 0; i < 2; ++i) {
        wire::TcpHeader header = scene.acknowledgment(0);
        header.options.add_sack_block(scene.block(3, 9));
        scene.peer.give(header);
        scene.peer.drain();
    }
    scene.peer.give(scene.acknowledgment(10));
    const std::uint32_t low = scene.threshold();
    ASSERT_LT(low, scene.window_before);
    for (const std::uint32_t repeated : {0U, 1U, 2U}) {
        EXPECT_EQ(scene.threshold(), low) << repeated;
        wire::TcpHeader header = scene.acknowledgment(10);
        header.options.add_sack_block(scene.block(repeated, repeated + 1));
        scene.peer.give(header);
    }
    EXPECT_GT(scene.threshold(), low);
}

}  // namespace
}  // namespace shunt::tcp
