// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/undo.hh"

#include <gtest/gtest.h>

namespace shunt::tcp {
namespace {

constexpr SequenceNumber kBegin{100};

Instant at(std::int64_t milliseconds) {
    return Instant::from_nanoseconds(milliseconds * 1'000'000);
}

/// A segment of 10 octets goes again at 300 ms.
struct UndoTest : testing::Test {
    UndoTest() : undo(congestion::Control(congestion::Algorithm::NewReno, 14'600)) {
        SentSegment segment;
        segment.begin = kBegin;
        segment.end = kBegin + 10;
        segment.sent_at = at(300);
        undo.on_resent(segment);
    }
    static Evidence echo_of(std::uint32_t milliseconds) {
        return {.now = at(340), .clock = TimestampClock(0), .echo = milliseconds};
    }

    Undo undo;
};

TEST_F(UndoTest, IsDueIfAnEarlierTransmissionIsAnswered) {
    EXPECT_TRUE(undo.on_progress(echo_of(299), true));
}

TEST_F(UndoTest, IsNotIfTheRepetitionIsAnswered) {
    EXPECT_FALSE(undo.on_progress(echo_of(300), true));
    EXPECT_FALSE(undo.on_progress(echo_of(299), true)) << "only the first answer counts";
}

TEST_F(UndoTest, IsNotIfWhatIsAnsweredWasSentOnce) {
    EXPECT_FALSE(undo.on_progress(echo_of(299), false));
}

TEST_F(UndoTest, IsNotWithoutTimestamps) {
    const Evidence evidence{.now = at(340), .clock = TimestampClock(0), .echo = {}};
    EXPECT_FALSE(undo.on_progress(evidence, true));
}

TEST_F(UndoTest, IsDueIfAllThatWentAgainIsReportedTwice) {
    EXPECT_FALSE(undo.on_duplicate({kBegin, kBegin + 9}));
    EXPECT_TRUE(undo.on_duplicate({kBegin + 9, kBegin + 10}));
    EXPECT_FALSE(undo.on_duplicate({kBegin, kBegin + 10})) << "nothing is left to report";
}

TEST_F(UndoTest, IsNotForReportsOfSomethingElse) {
    EXPECT_FALSE(undo.on_duplicate({kBegin - 1, kBegin + 10}));
    EXPECT_FALSE(undo.on_duplicate({kBegin, kBegin + 11}));
}

}  // namespace
}  // namespace shunt::tcp
