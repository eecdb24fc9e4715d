// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/rate_reduction.hh"

#include <gtest/gtest.h>

#include <algorithm>

namespace shunt::tcp {
namespace {

constexpr std::uint32_t kSegment = 1'000;

// The first example of RFC 6937 4: cwnd and flight are 20 segments, one of them is lost.
TEST(RateReduction, SendsEverySecondTimeOnTheWayToAHalf) {
    RateReduction reduction;
    reduction.start(20 * kSegment);
    std::uint32_t in_flight = 19 * kSegment;
    std::uint32_t sent = 0;
    for (int acknowledgment = 0; acknowledgment < 19; ++acknowledgment) {
        in_flight -= std::min(in_flight, kSegment);
        std::uint32_t allowed =
            reduction.allowance(kSegment, in_flight, 10 * kSegment, kSegment, false);
        for (; allowed >= kSegment; allowed -= kSegment) {
            reduction.on_sent(kSegment);
            in_flight += kSegment;
            ++sent;
        }
        EXPECT_GE(in_flight, 10 * kSegment - kSegment);
    }
    EXPECT_EQ(sent, 10U);
    EXPECT_EQ(in_flight, 10 * kSegment);
}

// Its second example: 15 of 20 are lost at once; what is delivered is replaced, no more, unless
// SND.UNA moves.
TEST(RateReduction, ConservesPacketsWhereMoreIsLostThanTheWindowFalls) {
    RateReduction reduction;
    reduction.start(20 * kSegment);
    EXPECT_EQ(reduction.allowance(kSegment, 4 * kSegment, 10 * kSegment, kSegment, false),
              kSegment);
    reduction.on_sent(kSegment);
    EXPECT_EQ(reduction.allowance(kSegment, 4 * kSegment, 10 * kSegment, kSegment, false),
              kSegment);
    EXPECT_EQ(reduction.allowance(0, 4 * kSegment, 10 * kSegment, kSegment, true), 2 * kSegment);
}

TEST(RateReduction, NeverExceedsTheThreshold) {
    RateReduction reduction;
    reduction.start(20 * kSegment);
    EXPECT_EQ(reduction.allowance(100 * kSegment, 9 * kSegment, 10 * kSegment, kSegment, true),
              kSegment);
    EXPECT_EQ(reduction.allowance(kSegment, 10 * kSegment, 10 * kSegment, kSegment, true), 0U);
}

}  // namespace
}  // namespace shunt::tcp
