// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/sent_segments.hh"

#include <gtest/gtest.h>

#include <vector>

#include "shunt/base/rng.hh"

namespace shunt::tcp {
namespace {

constexpr SequenceNumber kBegin{0xFFFF'FF00};  // wraps on the way
constexpr Instant kSentAt = Instant::from_nanoseconds(1'000);

/// `count` segments of 100 octets.
SentSegments segments(std::size_t count) {
    SentSegments sent;
    for (std::uint32_t i = 0; i < count; ++i)
        sent.append(kBegin + i * 100, kBegin + (i + 1) * 100, kSentAt, false);
    return sent;
}

std::uint32_t sack(SentSegments& sent, std::uint32_t left, std::uint32_t right) {
    std::uint32_t octets = 0;
    const wire::SackBlock block{kBegin + left, kBegin + right};
    sent.mark_sacked(block, block.left, block.right,
                     [&](const SentSegment& segment) { octets += segment.size(); });
    return octets;
}

std::uint32_t acknowledge(SentSegments& sent, std::uint32_t edge) {
    std::uint32_t octets = 0;
    sent.acknowledge(kBegin + edge, [&](const SentSegment& segment) { octets += segment.size(); });
    return octets;
}

TEST(SentSegments, ForgetsWhatIsAcknowledgedAlsoHalfASegment) {
    SentSegments sent = segments(5);
    EXPECT_EQ(acknowledge(sent, 250), 250U);
    EXPECT_EQ(sent.count(), 3U);
    EXPECT_EQ(sent.front().begin, kBegin + 250);
    EXPECT_EQ(sent.total(), 250U);
    EXPECT_EQ(acknowledge(sent, 250), 0U);
    EXPECT_EQ(acknowledge(sent, 9'999), 250U);
    EXPECT_TRUE(sent.empty());
}

TEST(SentSegments, MarksOnlyWhatABlockCoversWhole) {
    SentSegments sent = segments(5);
    EXPECT_EQ(sack(sent, 150, 399), 100U);
    EXPECT_EQ(sent.sacked(), 100U);
    EXPECT_TRUE(sent[2].is_sacked);
    EXPECT_EQ(sack(sent, 100, 400), 200U) << "what was marked is not news";
    EXPECT_EQ(sent.in_flight(), 200U);
}

TEST(SentSegments, VisitsWhatIsSackedOnce) {
    SentSegments sent = segments(5);
    sack(sent, 100, 300);
    EXPECT_EQ(acknowledge(sent, 500), 300U);
    EXPECT_EQ(sent.sacked(), 0U);
    EXPECT_EQ(sent.sacked_count(), 0U);
}

TEST(SentSegments, FindsLostOnesInOrderHoweverTheyWereMarked) {
    SentSegments sent = segments(6);
    sent.mark_lost(4);
    EXPECT_EQ(sent.first_lost(), 4U);
    sent.mark_lost(1);
    sent.mark_lost(1);
    EXPECT_EQ(sent.lost(), 200U);
    EXPECT_EQ(sent.first_lost(), 1U);
    sent.mark_resent(1, kSentAt);
    EXPECT_TRUE(sent[1].is_retransmitted);
    EXPECT_EQ(sent.first_lost(), 4U);
    acknowledge(sent, 300);
    EXPECT_EQ(sent.first_lost(), 1U) << "indices count from the front";
    EXPECT_EQ(sack(sent, 400, 500), 100U);
    EXPECT_EQ(sent.lost(), 0U) << "it was not lost";
}

TEST(SentSegments, DoesNotLoseWhatIsSacked) {
    SentSegments sent = segments(3);
    sack(sent, 0, 100);
    sent.mark_all_lost();
    EXPECT_EQ(sent.lost(), 200U);
    sent.forget_sacked();
    EXPECT_EQ(sent.in_flight(), 100U);
}

// Every count is kept up by the way; here they are summed up.
TEST(SentSegments, CountsRightWhateverHappens) {
    Rng rng(7);
    for (int trial = 0; trial < 200; ++trial) {
        SentSegments sent;
        SequenceNumber next = kBegin;
        for (int step = 0; step < 300; ++step) {
            const auto number = [&] {
                const SequenceNumber front = sent.empty() ? next : sent.front().begin;
                return front + static_cast<std::uint32_t>(rng.below(sent.total() + 1));
            };
            switch (rng.below(6)) {
                case 5:
                    sent.cut(number());
                    break;
                case 0:
                    sent.acknowledge(number(), [](const SentSegment&) {});
                    break;
                case 1: {
                    const SequenceNumber left = number();
                    const SequenceNumber right = number();
                    const wire::SackBlock block{left, right};
                    if (left.before(right))
                        sent.mark_sacked(block, left, right, [](const SentSegment&) {});
                    break;
                }
                case 2:
                    if (!sent.empty()) sent.mark_lost(rng.below(sent.count()));
                    break;
                case 3:
                    if (sent.lost() > 0) sent.mark_resent(sent.first_lost(), kSentAt);
                    break;
                default: {
                    const SequenceNumber end = next + 1 + static_cast<std::uint32_t>(rng.below(99));
                    sent.append(next, end, kSentAt, false);
                    next = end;
                }
            }
            std::uint32_t total = 0;
            std::uint32_t sacked = 0;
            std::uint32_t lost = 0;
            std::size_t sacked_count = 0;
            std::optional<std::size_t> first_lost;
            for (std::size_t i = 0; i < sent.count(); ++i) {
                if (i > 0) {
                    ASSERT_EQ(sent[i].begin, sent[i - 1].end);
                }
                total += sent[i].size();
                sacked += sent[i].is_sacked ? sent[i].size() : 0;
                sacked_count += sent[i].is_sacked ? 1U : 0U;
                lost += sent[i].is_lost ? sent[i].size() : 0;
                if (sent[i].is_lost && !first_lost) first_lost = i;
            }
            ASSERT_EQ(sent.total(), total);
            ASSERT_EQ(sent.sacked(), sacked);
            ASSERT_EQ(sent.sacked_count(), sacked_count);
            ASSERT_EQ(sent.lost(), lost);
            if (first_lost) {
                ASSERT_EQ(sent.first_lost(), *first_lost);
            }
        }
    }
}

TEST(SentSegments, CutsARecordOnceAndOnlyInside) {
    SentSegments sent = segments(3);
    sent.cut(kBegin + 100);
    sent.cut(kBegin + 300);
    EXPECT_EQ(sent.count(), 3U);
    sent.cut(kBegin + 101);
    sent.cut(kBegin + 101);
    EXPECT_EQ(sent.count(), 4U);
    EXPECT_EQ(sent[1].size(), 1U);
    EXPECT_EQ(sent[2].end, kBegin + 200);
    EXPECT_EQ(sack(sent, 101, 200), 99U);
}

TEST(SentSegments, IsBounded) {
    SentSegments sent = segments(SentSegments::kCountMax - 1);
    EXPECT_FALSE(sent.is_full());
    sent.append(sent.back().end, sent.back().end + 1, kSentAt, false);
    EXPECT_TRUE(sent.is_full());
}

}  // namespace
}  // namespace shunt::tcp
