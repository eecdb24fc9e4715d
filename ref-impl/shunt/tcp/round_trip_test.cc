// SPDX-License-Identifier: Apache-2.0
// Which acknowledgments measure a round trip (RFC 6298 3, RFC 7323 4), where some of them are lost.
#include <gtest/gtest.h>

#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Peer;

constexpr Duration kRoundTrip = Duration::milliseconds(40);

/// ESTABLISHED with timestamps after a handshake that measured a round trip.
struct Scene {
    Scene() {
        peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
        peer.open();
        peer.drain();
        peer.now = peer.now + kRoundTrip;
        peer.give(peer.ack());
        peer.drain();
    }
    /// Sends text, which the peer gets, and lets all answers get lost until it has gone again
    /// `times` times. Returns the echo of the first copy.
    std::uint32_t repeat(int times) {
        peer.send(100);
        peer.drain();
        const std::uint32_t first_echo = peer.echo;
        for (int i = 0; i < times;) {
            peer.now = *peer.connection->poll_deadline();
            peer.connection->handle_deadline(peer.now);
            i += peer.drain().empty() ? 0 : 1;
        }
        return first_echo;
    }
    void answer(std::uint32_t echo) {
        wire::TcpHeader header = peer.ack();
        header.options.timestamps->echo = echo;
        peer.give(header);
        peer.drain();
    }
    Duration timeout() const { return peer.connection->retransmission_timeout(); }

    Peer peer;
};

TEST(RoundTrip, IsNotTheTimeSinceAFirstCopyWhoseAcknowledgmentsWereLost) {
    Scene scene;
    const std::uint32_t first_echo = scene.repeat(6);
    const Duration backed_off = scene.timeout();
    ASSERT_GE(backed_off, Duration::seconds(6));
    scene.peer.now = scene.peer.now + kRoundTrip;
    scene.answer(first_echo);
    EXPECT_EQ(scene.timeout(), backed_off) << "nothing was measured (RFC 6298 5.7)";
    scene.peer.send(100);
    scene.peer.drain();
    scene.peer.now = scene.peer.now + kRoundTrip;
    scene.answer(scene.peer.echo);
    EXPECT_EQ(scene.timeout(), Duration::milliseconds(200));
}

TEST(RoundTrip, IsAsItWasIfThePeerSaysThatOnlyItsAnswersWereLost) {
    for (const std::uint32_t length : {100U, 60U}) {
        Scene scene;
        const SequenceNumber begin = scene.peer.heard;
        const std::uint32_t first_echo = scene.repeat(6);
        scene.peer.now = scene.peer.now + kRoundTrip;
        wire::TcpHeader header = scene.peer.ack();
        header.options.timestamps->echo = first_echo;
        header.options.add_sack_block({scene.peer.heard - length, scene.peer.heard});
        scene.peer.give(header);
        if (scene.peer.heard - length == begin) {
            EXPECT_EQ(scene.timeout(), Duration::milliseconds(200)) << "RFC 2883 5.3";
        } else {
            EXPECT_GE(scene.timeout(), Duration::seconds(6)) << "it has had something else twice";
        }
    }
}

TEST(RoundTrip, IsThatOfARetransmissionWhichTheEchoNames) {
    Scene scene;
    scene.repeat(6);
    scene.peer.now = scene.peer.now + kRoundTrip;
    scene.answer(scene.peer.echo);
    EXPECT_EQ(scene.timeout(), Duration::milliseconds(200));
}

TEST(RoundTrip, AfterATimeoutIsNoneOfWhatLiesBehindTheFront) {
    Scene scene;
    scene.peer.send(2 * 1'448);
    scene.peer.drain();
    std::uint32_t probe_echo = 0;
    for (int i = 0; i < 6;) {
        scene.peer.now = *scene.peer.connection->poll_deadline();
        scene.peer.connection->handle_deadline(scene.peer.now);
        if (scene.peer.drain().empty()) continue;
        if (i++ == 0) probe_echo = scene.peer.echo;  // of the second segment
    }
    const Duration backed_off = scene.timeout();
    ASSERT_GE(backed_off, Duration::seconds(6));
    scene.peer.now = scene.peer.now + kRoundTrip;
    scene.answer(probe_echo);
    EXPECT_EQ(scene.timeout(), backed_off) << "the probe went seconds ago";
}

TEST(RoundTrip, IsThatOfTheFirstCopyWhereAProbeIsAllThatWentAgain) {
    for (const bool is_duplicate : {false, true}) {
        Scene scene;
        const SequenceNumber begin = scene.peer.heard;
        const std::uint32_t first_echo = scene.repeat(1);
        scene.peer.now = scene.peer.now + Duration::milliseconds(150);
        wire::TcpHeader header = scene.peer.ack();
        header.options.timestamps->echo = first_echo;
        // RFC 2883: the peer answers the probe, the answer to the first copy was lost.
        if (is_duplicate) header.options.add_sack_block({begin, scene.peer.heard});
        scene.peer.give(header);
        if (is_duplicate) {
            EXPECT_EQ(scene.timeout(), Duration::milliseconds(200));
        } else {
            // Of 350 ms, after one of 40 ms.
            EXPECT_GT(scene.timeout(), Duration::milliseconds(400));
        }
    }
}

TEST(RoundTrip, IsThatOfTheLastOfWhatWasSentOnceIfTheFirstAcknowledgmentWasLost) {
    Scene scene;
    scene.peer.send(100);
    scene.peer.drain();
    scene.peer.now = scene.peer.now + Duration::milliseconds(190);
    scene.peer.send(100);
    scene.peer.drain();
    scene.peer.now = scene.peer.now + kRoundTrip;
    scene.answer(scene.peer.echo);
    EXPECT_EQ(scene.timeout(), Duration::milliseconds(200));
}

TEST(RoundTrip, OfAnAnswerWithoutATimestampOfOursIsThatOfWhatWasSentOnce) {
    Scene scene;
    scene.peer.send(100);
    scene.peer.drain();
    scene.peer.now = scene.peer.now + Duration::milliseconds(190);
    scene.answer(77);
    EXPECT_GT(scene.timeout(), Duration::milliseconds(200));
}

TEST(RoundTrip, OfARepeatedHandshakeIsNotTheTimeSinceTheFirstCopy) {
    for (const bool is_first_echoed : {true, false}) {
        Peer peer;
        peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
        peer.open();
        peer.drain();
        const std::uint32_t first_echo = peer.echo;
        peer.pass(Duration::seconds(1));
        ASSERT_EQ(peer.drain().size(), 1U) << "the SYN/ACK again";
        peer.now = peer.now + kRoundTrip;
        wire::TcpHeader header = peer.ack();
        if (is_first_echoed) header.options.timestamps->echo = first_echo;
        peer.give(header);
        // RFC 6298 5.7, if nothing was measured.
        EXPECT_EQ(peer.connection->retransmission_timeout(),
                  is_first_echoed ? Duration::seconds(3) : Duration::milliseconds(200));
    }
}

}  // namespace
}  // namespace shunt::tcp
