// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/impairment_lane.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace shunt::link {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::size_t kFrameSize = 125;  // 1,000 bits: a microsecond at 1 Gbit/s
constexpr std::uint8_t kMarked = 0x80;

/// Frames are one number each; those above 100 have no text, marked ones have the highest bit.
class ByNumber final : public SegmentInspector {
  public:
    bool has_text(ByteView frame) const override { return frame[0] <= 100; }
    bool mark_congestion(Packet& frame) const override {
        if (frame.bytes()[0] > 100) return false;
        frame.mutable_bytes()[0] |= kMarked;
        return true;
    }
};

class ImpairmentLaneTest : public ::testing::Test {
  protected:
    ImpairmentLane make(const ImpairmentPlan& plan, std::uint64_t seed = 7) {
        return {plan, Rng(seed), pool_, inspector_};
    }
    static Instant at(std::int64_t microseconds) {
        return Instant() + Duration::microseconds(microseconds);
    }
    void push(ImpairmentLane& lane, std::uint8_t number, Instant now) {
        const std::vector<std::uint8_t> content(kFrameSize, number);
        lane.push(pool_.copy(content), now);
    }
    static std::vector<int> pop_all(ImpairmentLane& lane, Instant now) {
        std::vector<int> numbers;
        while (const auto frame = lane.pop(now))
            numbers.push_back(frame->bytes()[0]);
        return numbers;
    }

    PacketPool pool_;
    ByNumber inspector_;
};

TEST_F(ImpairmentLaneTest, APerfectPathHandsOnAtOnceAndInOrder) {
    ImpairmentLane lane = make({});
    for (std::uint8_t number = 1; number <= 3; ++number)
        push(lane, number, at(0));
    EXPECT_EQ(lane.poll_deadline(), at(0));
    EXPECT_THAT(pop_all(lane, at(0)), ElementsAre(1, 2, 3));
    EXPECT_EQ(lane.poll_deadline(), std::nullopt);
    EXPECT_EQ(lane.counts().delivered, 3U);
}

TEST_F(ImpairmentLaneTest, DropsTheNamedSegmentsAndCountsOnlyThoseWithText) {
    ImpairmentLane lane = make({.dropped = {2, 4}});
    for (const std::uint8_t number : std::vector<std::uint8_t>{1, 101, 2, 102, 3, 4, 5})
        push(lane, number, at(0));
    EXPECT_THAT(pop_all(lane, at(0)), ElementsAre(1, 101, 102, 3, 5));
    EXPECT_EQ(lane.counts().with_text, 5U);
    EXPECT_EQ(lane.counts().dropped, 2U);
}

TEST_F(ImpairmentLaneTest, ANamedSegmentIsOvertaken) {
    ImpairmentLane lane = make({.held = {1}, .late_by = Duration::microseconds(50)});
    for (std::uint8_t number = 1; number <= 3; ++number)
        push(lane, number, at(0));
    EXPECT_THAT(pop_all(lane, at(49)), ElementsAre(2, 3));
    EXPECT_EQ(lane.poll_deadline(), at(50));
    EXPECT_THAT(pop_all(lane, at(50)), ElementsAre(1));
    EXPECT_EQ(lane.counts().late, 1U);
}

TEST_F(ImpairmentLaneTest, DelayHoldsEachFrameForItsTime) {
    ImpairmentLane lane = make({.delay = Duration::microseconds(10)});
    push(lane, 1, at(0));
    push(lane, 2, at(4));
    EXPECT_THAT(pop_all(lane, at(9)), IsEmpty());
    EXPECT_THAT(pop_all(lane, at(10)), ElementsAre(1));
    EXPECT_EQ(lane.poll_deadline(), at(14));
    EXPECT_THAT(pop_all(lane, at(14)), ElementsAre(2));
}

TEST_F(ImpairmentLaneTest, JitterChangesPlacesAndStaysWithinItsBound) {
    ImpairmentLane lane = make({.jitter = Duration::microseconds(20)});
    for (std::uint8_t number = 1; number <= 50; ++number)
        push(lane, number, at(0));
    const std::vector<int> numbers = pop_all(lane, at(20));
    EXPECT_EQ(numbers.size(), 50U);
    EXPECT_FALSE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST_F(ImpairmentLaneTest, ARateSpacesFramesByTheirLength) {
    ImpairmentLane lane = make({.rate = 1'000'000'000});
    push(lane, 1, at(0));
    push(lane, 2, at(0));
    EXPECT_THAT(pop_all(lane, at(0)), IsEmpty());
    EXPECT_THAT(pop_all(lane, at(1)), ElementsAre(1));
    EXPECT_THAT(pop_all(lane, at(2)), ElementsAre(2));
    push(lane, 3, at(9));
    EXPECT_EQ(lane.poll_deadline(), at(10));
}

TEST_F(ImpairmentLaneTest, AFullQueueLosesWhatComesAndOneLessDoesNot) {
    ImpairmentLane lane = make({.rate = 1'000'000'000, .queue = 2});
    for (std::uint8_t number = 1; number <= 3; ++number)
        push(lane, number, at(0));
    EXPECT_EQ(lane.counts().overflowed, 1U);
    push(lane, 4, at(1));  // the first has left by now
    EXPECT_EQ(lane.counts().overflowed, 1U);
    EXPECT_THAT(pop_all(lane, at(9)), ElementsAre(1, 2, 4));
}

TEST_F(ImpairmentLaneTest, MarksOnlyThoseThatTakePart) {
    ImpairmentLane lane = make({.marking = {1, 1}});
    push(lane, 1, at(0));
    push(lane, 101, at(0));
    EXPECT_THAT(pop_all(lane, at(0)), ElementsAre(1 | kMarked, 101));
    EXPECT_EQ(lane.counts().marked, 1U);
}

TEST_F(ImpairmentLaneTest, FramesUnderWayHaveABound) {
    ImpairmentLane lane = make({.delay = Duration::seconds(1)});
    for (std::size_t count = 0; count <= ImpairmentLane::kUnderWayMax; ++count)
        push(lane, 1, at(0));
    EXPECT_EQ(lane.counts().overflowed, 1U);
}

TEST_F(ImpairmentLaneTest, TheSameSeedGivesTheSameFaults) {
    const ImpairmentPlan plan{
        .late = {1, 5}, .loss = {1, 5}, .repetition = {1, 5}, .jitter = Duration::microseconds(3)};
    std::vector<std::vector<int>> traces;
    for (const std::uint64_t seed : {1U, 1U, 2U}) {
        ImpairmentLane lane = make(plan, seed);
        for (std::uint8_t number = 1; number <= 200; ++number)
            push(lane, number, at(number));
        traces.push_back(pop_all(lane, at(1'000'000)));
        EXPECT_GT(lane.counts().lost, 0U);
        EXPECT_GT(lane.counts().repeated, 0U);
        EXPECT_GT(lane.counts().late, 0U);
        EXPECT_EQ(lane.counts().delivered,
                  lane.counts().arrived - lane.counts().lost + lane.counts().repeated);
    }
    EXPECT_EQ(traces[0], traces[1]);
    EXPECT_NE(traces[0], traces[2]);
}

}  // namespace
}  // namespace shunt::link
