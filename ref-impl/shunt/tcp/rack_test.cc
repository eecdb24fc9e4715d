// SPDX-License-Identifier: Apache-2.0
// RACK by its steps (RFC 8985 6.2), segment by segment.
#include "shunt/tcp/rack.hh"

#include <gtest/gtest.h>

namespace shunt::tcp {
namespace {

constexpr SequenceNumber kBegin{100};
constexpr Duration kRoundTrip = Duration::milliseconds(40);
constexpr Rack::Path kPath{.smoothed_rtt = kRoundTrip, .minimum_rtt = kRoundTrip};

Instant at(std::int64_t milliseconds) {
    return Instant::from_nanoseconds(milliseconds * 1'000'000);
}

/// Ten segments of 10 octets, one each millisecond from 0 on.
struct Scene {
    Scene() {
        for (std::uint32_t i = 0; i < 10; ++i)
            sent.append(kBegin + i * 10, kBegin + (i + 1) * 10, at(i), false);
    }
    void sack(std::uint32_t index, Instant now, std::optional<std::uint32_t> echo = {}) {
        const wire::SackBlock block{kBegin + index * 10, kBegin + (index + 1) * 10};
        sent.mark_sacked(block, block.left, block.right, [&](const SentSegment& segment) {
            rack.on_delivered(segment, {now, TimestampClock(0), echo}, kPath.minimum_rtt);
        });
    }
    std::optional<Duration> detect(Instant now, Rack::Path path = kPath) {
        return rack.detect_losses(sent, path, now);
    }

    SentSegments sent;
    Rack rack;
};

TEST(Rack, SaysNothingBeforeAnythingIsDelivered) {
    Scene scene;
    EXPECT_FALSE(scene.detect(at(1'000)));
    EXPECT_EQ(scene.sent.lost(), 0U);
}

TEST(Rack, WaitsAQuarterOfTheShortestRoundTripForReordering) {
    Scene scene;
    scene.sack(1, at(41));
    // Segment 0 went out 1 ms earlier: lost at 0 + 40 + 10.
    EXPECT_EQ(scene.detect(at(41)), Duration::milliseconds(9));
    EXPECT_EQ(scene.sent.lost(), 0U);
    EXPECT_FALSE(scene.detect(at(50)));
    EXPECT_TRUE(scene.sent[0].is_lost);
    EXPECT_EQ(scene.sent.lost(), 10U) << "what was sent later is not judged";
}

TEST(Rack, DoesNotWaitAtTheThirdReportedSegment) {
    Scene scene;
    scene.sack(1, at(41));
    scene.sack(2, at(42));
    EXPECT_TRUE(scene.detect(at(42)));
    scene.sack(3, at(43));
    EXPECT_FALSE(scene.detect(at(43)));
    EXPECT_EQ(scene.sent.lost(), 10U);
}

TEST(Rack, WaitsAgainOnceItHasSeenReordering) {
    Scene scene;
    scene.sack(3, at(43));
    scene.sack(2, at(43));
    EXPECT_TRUE(scene.rack.has_seen_reordering());
    scene.sack(4, at(44));
    EXPECT_TRUE(scene.detect(at(44)));
    EXPECT_EQ(scene.sent.lost(), 0U);
    Rack::Path recovering = kPath;
    recovering.is_recovering = true;
    EXPECT_TRUE(scene.detect(at(44), recovering));
    EXPECT_EQ(scene.sent.lost(), 0U);
}

TEST(Rack, ARetransmissionIsNoReordering) {
    Scene scene;
    scene.sack(3, at(43));
    scene.sent.mark_lost(0);
    scene.sent.mark_resent(0, at(44));
    scene.sack(0, at(84), 44);
    EXPECT_FALSE(scene.rack.has_seen_reordering());
}

TEST(Rack, TheFirstCopyBehindARetransmissionIsReordering) {
    Scene scene;
    scene.sack(3, at(43));
    scene.sent.mark_lost(0);
    scene.sent.mark_resent(0, at(44));
    scene.sack(0, at(45), 0);
    EXPECT_TRUE(scene.rack.has_seen_reordering());
}

TEST(Rack, FindsALostRetransmission) {
    Scene scene;
    scene.sack(1, at(41));
    scene.sack(2, at(42));
    scene.sack(3, at(43));
    scene.detect(at(43));
    scene.sent.mark_resent(0, at(43));
    EXPECT_EQ(scene.sent.lost(), 0U);
    // Segment 9 was sent before that retransmission: it proves nothing. One sent after it does.
    scene.sack(9, at(49));
    scene.detect(at(49));
    EXPECT_FALSE(scene.sent[0].is_lost);
    scene.sent.append(kBegin + 100, kBegin + 110, at(44), false);
    scene.sack(10, at(84));
    scene.detect(at(84));
    EXPECT_TRUE(scene.sent[0].is_lost);
}

TEST(Rack, KnowsWhatWentFirstOfOneInstant) {
    for (const bool is_resent_first : {false, true}) {
        Scene scene;
        scene.sent.mark_lost(0);
        if (is_resent_first) scene.sent.mark_resent(0, at(43));
        scene.sent.append(kBegin + 100, kBegin + 110, at(43), false);
        if (!is_resent_first) scene.sent.mark_resent(0, at(43));
        scene.sack(10, at(83));
        scene.detect(at(200));
        EXPECT_EQ(scene.sent[0].is_lost, is_resent_first);
        EXPECT_TRUE(scene.sent[1].is_lost);
    }
}

TEST(Rack, DoesNotTakeTheFirstCopyForTheSecond) {
    // Sent again at 50; 1 ms later it is acknowledged: that was the first copy.
    for (const std::uint32_t echo_ms : {9U, 50U}) {
        Scene scene;
        scene.sent.mark_lost(9);
        scene.sent.mark_resent(9, at(50));
        scene.sack(9, at(51), echo_ms);
        scene.detect(at(200));
        EXPECT_EQ(scene.sent.lost(), 0U) << "shorter than any round trip";
    }
    for (const std::uint32_t echo_ms : {9U, 50U}) {
        Scene scene;
        scene.sent.mark_lost(9);
        scene.sent.mark_resent(9, at(50));
        scene.sack(9, at(95), echo_ms);
        scene.detect(at(200));
        EXPECT_EQ(scene.sent.lost(), echo_ms == 50 ? 90U : 0U) << "TSecr tells which";
    }
}

TEST(Rack, GrowsItsWindowOncePerRoundThatRepeats) {
    Scene scene;
    scene.sack(3, at(43));
    scene.sack(2, at(43));  // reordering
    const SequenceNumber next = kBegin + 100;
    scene.rack.on_duplicate_report(kBegin, next);
    scene.rack.on_duplicate_report(kBegin, next);
    // Twice 10 ms now: 0 + 41 + 20 for the first.
    EXPECT_EQ(*scene.detect(at(43)), Duration::milliseconds(1 + 41 + 20 - 43));
    scene.rack.on_duplicate_report(next, next + 100);
    EXPECT_EQ(*scene.detect(at(43)), Duration::milliseconds(1 + 41 + 30 - 43));
    for (int i = 0; i < 100; ++i)
        scene.rack.on_duplicate_report(next + 100, next + 100);
    EXPECT_LE(*scene.detect(at(43)), Duration::milliseconds(1 + 41 + 40 - 43)) << "SRTT bounds it";
    for (int i = 0; i < 16; ++i)
        scene.rack.on_recovered();
    EXPECT_EQ(*scene.detect(at(43)), Duration::milliseconds(1 + 41 + 10 - 43));
}

TEST(Rack, GivesUpTheFirstAndTheOldAtATimeout) {
    Scene scene;
    scene.sack(1, at(41));
    scene.sent.append(kBegin + 100, kBegin + 110, at(190), false);
    scene.rack.mark_losses_on_timeout(scene.sent, kPath, at(200));
    EXPECT_TRUE(scene.sent[0].is_lost);
    EXPECT_TRUE(scene.sent[9].is_lost);
    EXPECT_FALSE(scene.sent[1].is_lost) << "it has arrived";
    EXPECT_FALSE(scene.sent[10].is_lost) << "it was sent 10 ms ago";
}

}  // namespace
}  // namespace shunt::tcp
