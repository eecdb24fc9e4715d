// SPDX-License-Identifier: Apache-2.0
// Losses, reordering and lies, as a sender with SACK sees them: by hand, and between two of ours.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "shunt/tcp/icmp_error.hh"
#include "shunt/tcp/testing/pair.hh"
#include "shunt/tcp/testing/peer.hh"

namespace shunt::tcp {
namespace {

using testing::Fate;
using testing::Pair;
using testing::Peer;
using testing::Sent;

constexpr std::uint32_t kSegment = 1'460;
constexpr Duration kRoundTrip = Duration::milliseconds(40);

/// A flight of ten full segments, sent one each millisecond, after a round trip was measured.
struct Scene {
    explicit Scene(bool timestamps = false, bool ecn = false) {
        peer.syn_flags.ecn_echo = peer.syn_flags.congestion_window_reduced = ecn;
        peer.config.congestion_control = congestion::Algorithm::NewReno;  // halves: easy to count
        if (timestamps) peer.syn_options.timestamps = {.value = peer.timestamp(), .echo = 0};
        peer.open();
        peer.drain();
        peer.now = peer.now + kRoundTrip;
        peer.give(peer.ack());
        peer.drain();
        first = peer.heard;
        size = timestamps ? kSegment - 12 : kSegment;
        for (int i = 0; i < 10; ++i) {
            peer.send(size);
            peer.drain();
            peer.now = peer.now + Duration::milliseconds(1);
        }
    }
    SequenceNumber begin(std::uint32_t index) const { return first + index * size; }
    /// Acknowledges up to segment `edge`, and reports [left, right) out of order.
    std::vector<Sent> hear(std::uint32_t edge,
                           std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks = {}) {
        wire::TcpHeader header = peer.ack();
        header.acknowledgment = begin(edge);
        for (const auto& [left, right] : blocks)
            header.options.add_sack_block({begin(left), begin(right)});
        peer.give(header);
        return peer.drain();
    }
    /// Acknowledges up to segment `edge` and echoes a mark.
    void hear_mark(std::uint32_t edge) {
        wire::TcpHeader header = peer.ack();
        header.acknowledgment = begin(edge);
        header.flags.ecn_echo = true;
        peer.give(header);
        peer.drain();
    }
    void pass(Duration span) { peer.pass(span); }

    Peer peer;
    SequenceNumber first;
    std::uint32_t size = kSegment;
};

bool has_text_at(const std::vector<Sent>& sent, SequenceNumber begin) {
    return std::ranges::any_of(
        sent, [begin](const Sent& one) { return one.sequence == begin && !one.text.empty(); });
}

TEST(LossRecovery, SendsTheHoleAtTheThirdReportAndOnlyTheHole) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    EXPECT_TRUE(scene.hear(0, {{1, 2}}).empty());
    EXPECT_TRUE(scene.hear(0, {{1, 3}}).empty());
    const auto sent = scene.hear(0, {{1, 4}});
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].sequence, scene.begin(0));
    EXPECT_TRUE(scene.hear(0, {{1, 10}}).empty()) << "it waits for the answer";
    scene.hear(10);
    EXPECT_EQ(scene.peer.connection->congestion_window(), 5 * kSegment);
    EXPECT_FALSE(scene.peer.connection->poll_deadline());
}

TEST(LossRecovery, SendsTextThatWaitsWhileSegmentsLeaveTheNetwork) {
    Scene scene;
    scene.peer.send(10 * kSegment);
    EXPECT_TRUE(scene.peer.drain().empty()) << "the window is full";
    scene.pass(Duration::milliseconds(31));
    EXPECT_TRUE(has_text_at(scene.hear(0, {{1, 2}}), scene.begin(10))) << "limited transmit";
    EXPECT_TRUE(has_text_at(scene.hear(0, {{1, 3}}), scene.begin(11))) << "limited transmit";
    EXPECT_EQ(scene.hear(0, {{1, 4}}).size(), 1U) << "the hole";
    std::size_t sent = 0;
    for (std::uint32_t right = 5; right <= 10; ++right)
        sent += scene.hear(0, {{1, right}}).size();
    EXPECT_EQ(sent, 2U) << "five for twelve that are delivered, the hole among them (RFC 6937 3.1)";
}

TEST(LossRecovery, RepairsEveryHoleInOneRoundTrip) {
    Scene scene;
    scene.pass(Duration::milliseconds(60));
    auto sent = scene.hear(0, {{9, 10}, {5, 8}, {1, 4}});
    for (const auto& more : scene.hear(0, {{9, 10}, {5, 8}, {1, 4}}))
        sent.push_back(more);
    EXPECT_TRUE(has_text_at(sent, scene.begin(0)));
    EXPECT_TRUE(has_text_at(sent, scene.begin(4)));
    EXPECT_TRUE(has_text_at(sent, scene.begin(8)));
    EXPECT_EQ(sent.size(), 3U);
}

TEST(LossRecovery, LetsReorderedSegmentsComeInTheirOwnTime) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    EXPECT_TRUE(scene.hear(0, {{1, 2}}).empty());
    EXPECT_TRUE(scene.hear(0, {{1, 3}}).empty());
    scene.pass(Duration::milliseconds(5));
    scene.hear(3);
    EXPECT_EQ(scene.peer.connection->congestion_window(), 12 * kSegment) << "no loss, growth";
    // It has seen reordering: now it waits a quarter of the round trip, whatever is reported.
    EXPECT_TRUE(scene.hear(3, {{4, 8}}).empty());
    scene.pass(Duration::milliseconds(5));
    EXPECT_TRUE(scene.hear(3, {{4, 9}}).empty());
    scene.hear(9);
    EXPECT_EQ(scene.peer.connection->congestion_window(), 12 * kSegment) << "it has not fallen";
}

/// RFC 8985 6.2 step 4: only while a loss is repaired there is no time for it.
TEST(LossRecovery, LetsReorderedSegmentsComeAfterAMarkToo) {
    Scene scene(false, true);
    scene.pass(kRoundTrip - Duration::milliseconds(10));
    scene.hear_mark(1);
    EXPECT_FALSE(has_text_at(scene.hear(1, {{2, 3}}), scene.begin(1)));
    scene.pass(Duration::milliseconds(1));
    EXPECT_FALSE(has_text_at(scene.peer.drain(), scene.begin(1)));
    EXPECT_FALSE(has_text_at(scene.hear(3), scene.begin(1)));
}

/// RFC 3168 6.1.2.
TEST(LossRecovery, OfTheWindowThatWasMarkedLowersTheWindowNoFurther) {
    Scene scene(false, true);
    scene.pass(kRoundTrip - Duration::milliseconds(10));
    scene.hear_mark(1);
    const std::uint32_t half = 9 * kSegment / 2;
    ASSERT_EQ(scene.peer.connection->congestion_window(), half);
    scene.hear(5);
    ASSERT_TRUE(has_text_at(scene.hear(5, {{6, 9}}), scene.begin(5)));
    scene.hear(10);
    EXPECT_EQ(scene.peer.connection->congestion_window(), half);
}

TEST(LossRecovery, ComesByTheTimerWhereNothingMoreIsReported) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    EXPECT_TRUE(scene.hear(0, {{1, 2}}).empty());
    // Segment 0 was sent at 0, its successor's round trip is 40 ms, and a quarter is waited.
    EXPECT_EQ(*scene.peer.connection->poll_deadline() - scene.peer.now,
              Duration::milliseconds(0 + 40 + 10 - 41));
    scene.pass(Duration::milliseconds(9));
    const auto sent = scene.peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].sequence, scene.begin(0));
}

TEST(LossRecovery, FindsThatARetransmissionWasLost) {
    Scene scene(true);
    scene.pass(Duration::milliseconds(31));
    EXPECT_TRUE(has_text_at(scene.hear(0, {{1, 10}}), scene.begin(0)));
    scene.pass(Duration::milliseconds(1));
    scene.peer.send(20 * scene.size);
    ASSERT_GE(scene.peer.drain().size(), 3U);
    scene.pass(Duration::milliseconds(40));
    // What went out behind the retransmission is there, the retransmission is not.
    EXPECT_TRUE(has_text_at(scene.hear(0, {{1, 13}}), scene.begin(0)));
}

TEST(LossRecovery, AfterATimeoutSendsWhatIsMissingAndNotWhatIsThere) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    scene.hear(0, {{2, 4}});
    scene.hear(0, {{6, 9}, {2, 4}});
    scene.pass(Duration::seconds(1));
    std::map<std::uint32_t, int> times;
    for (int round = 0; round < 20; ++round) {
        for (const Sent& one : scene.peer.drain())
            ++times[(one.sequence - scene.first) / kSegment];
        scene.hear(0, {{6, 9}, {2, 4}});
        scene.pass(Duration::milliseconds(40));
        if (times.contains(0)) break;
    }
    for (const Sent& one : scene.hear(1, {{6, 9}, {2, 4}}))
        ++times[(one.sequence - scene.first) / kSegment];
    for (const Sent& one : scene.hear(4, {{6, 9}}))
        ++times[(one.sequence - scene.first) / kSegment];
    for (const Sent& one : scene.hear(9))
        ++times[(one.sequence - scene.first) / kSegment];
    for (const std::uint32_t there : {2U, 3U, 6U, 7U, 8U})
        EXPECT_FALSE(times.contains(there)) << there;
    for (const std::uint32_t missing : {0U, 1U, 4U, 5U, 9U})
        EXPECT_TRUE(times.contains(missing)) << missing;
}

TEST(LossRecovery, SendsAgainWhatThePeerHasReportedAndThrownAway) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    scene.hear(0, {{1, 10}});
    EXPECT_EQ(scene.peer.connection->scoreboard().size(), 1U);
    scene.hear(1);  // the hole is filled: but the rest is gone (RFC 2018 8)
    scene.pass(Duration::seconds(1));
    std::size_t acknowledged = 1;
    for (int round = 0; round < 10 && acknowledged < 10; ++round) {
        for (const Sent& one : scene.peer.drain()) {
            EXPECT_EQ(one.sequence, scene.begin(static_cast<std::uint32_t>(acknowledged)));
            ++acknowledged;
        }
        scene.peer.now = scene.peer.now + kRoundTrip;
        scene.peer.give([&] {
            wire::TcpHeader header = scene.peer.ack();
            header.acknowledgment = scene.begin(static_cast<std::uint32_t>(acknowledged));
            return header;
        }());
    }
    EXPECT_EQ(acknowledged, 10U);
    EXPECT_EQ(scene.peer.connection->send_queue_size(), 0U);
}

TEST(LossRecovery, IsNotDeceivedByBlocksThatLie) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    const std::vector<std::pair<std::uint32_t, std::uint32_t>> lies = {
        {5, 11}, {11, 40}, {4, 2}, {3, 3}, {0, 10}};
    for (const auto& lie : lies) {
        for (int i = 0; i < 4; ++i)
            EXPECT_TRUE(scene.hear(0, {lie}).empty()) << lie.first << " to " << lie.second;
        EXPECT_TRUE(scene.peer.connection->scoreboard().empty()) << lie.first;
    }
    scene.hear(10);
    EXPECT_EQ(scene.peer.connection->send_queue_size(), 0U);
}

TEST(LossRecovery, RepeatedReportsAddNothing) {
    Scene scene;
    scene.peer.send(10 * kSegment);
    scene.pass(Duration::milliseconds(31));
    EXPECT_EQ(scene.hear(0, {{1, 2}}).size(), 1U);
    for (int i = 0; i < 50; ++i)
        EXPECT_TRUE(scene.hear(0, {{1, 2}}).empty());
}

TEST(LossRecovery, SendsAnewInSegmentsThatFitAfterThePathHasNarrowed) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    scene.peer.config.mtu = 600;
    auto sent = scene.hear(0, {{1, 4}});
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent[0].sequence, scene.begin(0));
    for (const Sent& one : sent)
        EXPECT_LE(one.text.size(), 560U);
    for (int round = 0; round < 100 && scene.peer.connection->send_queue_size() > 0; ++round) {
        scene.peer.now = scene.peer.now + kRoundTrip;
        wire::TcpHeader header = scene.peer.ack();
        if (!sent.empty())
            header.acknowledgment =
                sent.back().sequence + static_cast<std::uint32_t>(sent.back().text.size());
        scene.peer.give(header);
        sent = scene.peer.drain();
    }
    EXPECT_EQ(scene.peer.connection->send_queue_size(), 0U);
}

TEST(LossRecovery, WithoutSackSurvivesAPartialAcknowledgmentOfAllThatIsOutAnew) {
    Peer peer;
    peer.syn_options.sack_permitted = false;
    peer.establish();
    const SequenceNumber first = peer.heard;
    peer.send(10 * kSegment);
    peer.drain();
    wire::TcpHeader header = peer.ack();
    header.acknowledgment = first;
    for (int i = 0; i < 3; ++i)
        peer.give(header);
    EXPECT_TRUE(has_text_at(peer.drain(), first));
    // The path narrows, the next hole goes anew in smaller segments, as far as the window lets ...
    peer.config.mtu = 600;
    header.window = kSegment / 4;
    header.acknowledgment = first + kSegment;
    peer.give(header);
    peer.drain();
    // ... and the acknowledgment passes all of them, for the peer had what follows.
    header.acknowledgment = first + 8 * kSegment;
    peer.give(header);
    peer.drain();
    for (int round = 0; round < 20 && peer.connection->send_queue_size() > 0; ++round) {
        peer.pass(Duration::seconds(2));
        header.acknowledgment = peer.heard;
        peer.give(header);
    }
    EXPECT_EQ(peer.connection->send_queue_size(), 0U);
}

TEST(LossRecovery, HearsTheSameReportOfWhatWasSentAnew) {
    Scene scene;
    IcmpError error;
    error.code = wire::kIcmpFragmentationNeeded;
    error.next_hop_mtu = 1'000;
    error.sequence = scene.first;
    ASSERT_EQ(scene.peer.connection->handle_icmp(error), std::nullopt);
    wire::TcpHeader header = scene.peer.ack();
    header.acknowledgment = scene.first;
    header.options.add_sack_block({scene.begin(4), scene.begin(8)});
    scene.peer.give(header);
    scene.peer.drain();
    EXPECT_TRUE(scene.peer.connection->scoreboard().empty());
    scene.peer.give(header);
    EXPECT_FALSE(scene.peer.connection->scoreboard().empty());
}

TEST(LossRecovery, HalvesWithoutWhatLimitedTransmitHasSent) {
    Peer peer;
    peer.config.congestion_control = congestion::Algorithm::NewReno;
    peer.syn_options.sack_permitted = false;
    peer.window = 65'535;
    peer.establish();
    peer.send(20 * kSegment);
    ASSERT_EQ(peer.drain().size(), 10U);
    wire::TcpHeader header = peer.ack();
    header.acknowledgment = Peer::kOurInitial + 1;
    for (int duplicates = 0; duplicates < 2; ++duplicates) {
        peer.give(header);
        ASSERT_EQ(peer.drain().size(), 1U) << "RFC 3042";
    }
    peer.give(header);
    peer.drain();
    header.acknowledgment = Peer::kOurInitial + 1 + 12 * kSegment;
    peer.give(header);
    // Half of ten, not of twelve.
    EXPECT_EQ(peer.connection->congestion_window(), 5 * kSegment);
    EXPECT_EQ(peer.drain().size(), 5U);
}

TEST(LossRecovery, BoundsHowManySegmentsAreOut) {
    Peer peer;
    peer.window = 65'535;
    peer.establish();
    for (int i = 0; i < 6'000; ++i) {
        peer.send(1);
        peer.drain();
        if (peer.connection->congestion_window() < 8'000) peer.give(peer.ack());
    }
    while (!peer.drain().empty()) {
    }
    EXPECT_LE(peer.heard - peer.connection->send_unacknowledged(), SentSegments::kCountMax);
    peer.give(peer.ack());
    peer.drain();
    peer.give(peer.ack());
    EXPECT_EQ(peer.connection->send_queue_size(), 0U);
}

TEST(Scoreboard, MovesWithItsConnectionAndOnlyHolesAreSentAgain) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    scene.hear(0, {{4, 6}, {1, 3}});
    const auto ranges = scene.peer.connection->scoreboard();
    ASSERT_EQ(ranges.size(), 2U);
    EXPECT_EQ(ranges[0], (wire::SackBlock{scene.begin(1), scene.begin(3)}));
    auto moved = Connection::import_snapshot(
        scene.peer.config, scene.peer.local,
        scene.peer.connection->export_snapshot(1, scene.peer.now), scene.peer.now);
    ASSERT_TRUE(moved);
    EXPECT_EQ(moved->scoreboard(), ranges);
    scene.peer.connection.emplace(std::move(*moved));
    auto sent = scene.peer.drain();
    for (int i = 0; i < 5; ++i) {
        scene.pass(Duration::milliseconds(50));
        for (const Sent& one : scene.peer.drain())
            sent.push_back(one);
    }
    EXPECT_TRUE(has_text_at(sent, scene.begin(0)));
    for (const std::uint32_t there : {1U, 2U, 4U, 5U})
        EXPECT_FALSE(has_text_at(sent, scene.begin(there))) << there;
}

TEST(Scoreboard, DoesNotKeepAProbeFromGoingOutAfterAMove) {
    Scene scene;
    scene.pass(Duration::milliseconds(31));
    scene.hear(0, {{9, 10}});
    auto moved = Connection::import_snapshot(
        scene.peer.config, scene.peer.local,
        scene.peer.connection->export_snapshot(1, scene.peer.now), scene.peer.now);
    ASSERT_TRUE(moved);
    scene.peer.connection.emplace(std::move(*moved));
    EXPECT_TRUE(scene.peer.drain().empty());
    scene.pass(Duration::milliseconds(80));
    const auto sent = scene.peer.drain();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].sequence, scene.begin(8)) << "the last that is not reported";
}

TEST(Scoreboard, ThatContradictsItselfIsRefused) {
    Scene scene;
    const auto is_taken = [&](std::uint32_t left, std::uint32_t right) {
        Snapshot snapshot = scene.peer.connection->export_snapshot(1, scene.peer.now);
        snapshot.scoreboard = {{scene.begin(left), scene.begin(right)}};
        snapshot.block.sack_ranges = 1;
        const auto imported = Connection::import_snapshot(scene.peer.config, scene.peer.local,
                                                          snapshot, scene.peer.now);
        return static_cast<bool>(imported);
    };
    EXPECT_FALSE(is_taken(3, 3));
    EXPECT_FALSE(is_taken(4, 3));
    EXPECT_FALSE(is_taken(3, 11));
    EXPECT_TRUE(is_taken(3, 10));
    EXPECT_TRUE(is_taken(0, 10)) << "it has thrown away what it reported";
}

/// How often each number was sent by side 0, with text.
int repeated(const Pair& pair) {
    std::map<std::uint32_t, int> times;
    int count = 0;
    for (const auto& bytes : pair.sides[0].sent) {
        const auto sent = Sent::from(bytes);
        if (!sent->text.empty() && times[sent->sequence.value()]++ > 0) ++count;
    }
    return count;
}

TEST(LossRecovery, RepairsOneLossWithOneRetransmission) {
    for (const bool sack : {true, false}) {
        Pair pair;
        pair.sides[1].config.selective_acknowledgment = sack;
        pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
            return Fate{.is_lost = from == 0 && index == 60};
        };
        pair.sides[0].wanted = 600'000;
        pair.open();
        ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }));
        EXPECT_EQ(repeated(pair), 1) << "sack " << sack;
    }
}

TEST(LossRecovery, SendsNothingTwiceWhereSegmentsOnlyOvertakeEachOther) {
    Pair pair;
    pair.plan = [](std::size_t from, std::size_t index, const wire::TcpView&) {
        const bool is_late = from == 0 && index > 20 && index % 9 == 4;
        return Fate{.delay = Duration::microseconds(is_late ? 6'500 : 5'000)};
    };
    pair.sides[0].wanted = 800'000;
    pair.open();
    ASSERT_TRUE(pair.run_until([&] { return pair.all_read(); }));
    EXPECT_LE(repeated(pair), 2) << "the first time it does not know yet";
}

// A peer that agrees to SACK and sends no block, ever: RFC 2018 4 is a SHOULD.
TEST(SilentSack, LossesAreFoundByDuplicates) {
    Scene scene;
    EXPECT_TRUE(scene.hear(1).empty());  // the first arrived, the second is lost
    for (int duplicate = 0; duplicate < 2; ++duplicate)
        EXPECT_FALSE(has_text_at(scene.hear(1), scene.begin(1)));
    EXPECT_TRUE(has_text_at(scene.hear(1), scene.begin(1)));
    const Instant begin = scene.peer.now;
    scene.pass(Duration::milliseconds(5));
    for (int duplicate = 0; duplicate < 5; ++duplicate)
        EXPECT_FALSE(has_text_at(scene.hear(1), scene.begin(1))) << "once is enough";
    // A partial acknowledgment names the next hole (RFC 6582 3.2), and only that one.
    const auto sent = scene.hear(4);
    EXPECT_TRUE(has_text_at(sent, scene.begin(4)));
    EXPECT_FALSE(has_text_at(sent, scene.begin(5)));
    scene.hear(10);
    EXPECT_EQ(scene.peer.now - begin, Duration::milliseconds(5)) << "no timer was needed";
    EXPECT_EQ(scene.peer.connection->send_unacknowledged(), scene.begin(10));
}

TEST(SilentSack, EndsWithTheFirstBlock) {
    Scene scene;
    scene.hear(1);
    scene.hear(1);
    EXPECT_FALSE(has_text_at(scene.hear(1, {{2, 3}}), scene.begin(1)));
    // From here on duplicates that report nothing count for nothing.
    for (int duplicate = 0; duplicate < 5; ++duplicate)
        EXPECT_FALSE(has_text_at(scene.hear(1), scene.begin(1)));
    EXPECT_FALSE(has_text_at(scene.hear(1, {{2, 4}}), scene.begin(1)));
    EXPECT_TRUE(has_text_at(scene.hear(1, {{2, 5}}), scene.begin(1)));
}

// RFC 5681 3.2 (6): the acknowledgment of all that was out sets the window to the threshold, and
// does not make it grow as well.
TEST(LossRecovery, EndsWithTheWindowAtTheThreshold) {
    Scene scene;
    scene.hear(1);
    for (std::uint32_t edge = 3; edge <= 6; ++edge)
        scene.hear(1, {{2, edge}});
    const wire::ControlBlock during = scene.peer.connection->export_block(1, scene.peer.now);
    scene.hear(10);
    const wire::ControlBlock after = scene.peer.connection->export_block(1, scene.peer.now);
    EXPECT_EQ(after.congestion_window, during.slow_start_threshold);
    EXPECT_EQ(after.slow_start_threshold, during.slow_start_threshold);
}

}  // namespace
}  // namespace shunt::tcp
