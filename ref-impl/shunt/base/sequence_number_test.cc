// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/sequence_number.hh"

#include <gtest/gtest.h>

namespace shunt {
namespace {

constexpr std::uint32_t kHalf = 0x80000000;

// Where the numbers themselves wrap, and where a signed view of them does.
constexpr SequenceNumber kOrigins[] = {SequenceNumber(0), SequenceNumber(1),
                                       SequenceNumber(0x7FFFFFFF), SequenceNumber(kHalf),
                                       SequenceNumber(0xFFFFFFFF)};

TEST(SequenceNumberTest, OrderHoldsAcrossEveryWrap) {
    for (const SequenceNumber origin : kOrigins) {
        for (const std::uint32_t distance : {1U, 2U, kHalf - 1}) {
            const SequenceNumber later = origin + distance;
            EXPECT_TRUE(origin.before(later)) << origin.value() << "+" << distance;
            EXPECT_TRUE(origin.at_or_before(later));
            EXPECT_FALSE(origin.after(later));
            EXPECT_FALSE(origin.at_or_after(later));
            EXPECT_TRUE(later.after(origin));
            EXPECT_TRUE(later.at_or_after(origin));
            EXPECT_FALSE(later.before(origin));
            EXPECT_FALSE(later.at_or_before(origin));
        }
    }
}

TEST(SequenceNumberTest, ANumberIsNeitherBeforeNorAfterItself) {
    for (const SequenceNumber number : kOrigins) {
        EXPECT_EQ(number, number + 0);
        EXPECT_FALSE(number.before(number));
        EXPECT_FALSE(number.after(number));
        EXPECT_TRUE(number.at_or_before(number));
        EXPECT_TRUE(number.at_or_after(number));
    }
}

TEST(SequenceNumberTest, MoreThanHalfTheCircleAheadIsBehind) {
    for (const SequenceNumber origin : kOrigins) {
        EXPECT_TRUE((origin + (kHalf - 1)).after(origin));
        EXPECT_TRUE((origin + (kHalf + 1)).before(origin));
    }
}

TEST(SequenceNumberTest, SumsAndDifferencesWrap) {
    EXPECT_EQ(SequenceNumber(0xFFFFFFFF) + 1, SequenceNumber(0));
    EXPECT_EQ(SequenceNumber(0) - 1, SequenceNumber(0xFFFFFFFF));
    for (const SequenceNumber origin : kOrigins) {
        EXPECT_EQ((origin + 1'000) - origin, 1'000U);
        EXPECT_EQ(origin - (origin + 1'000), 0U - 1'000U);
        EXPECT_EQ((origin + 1'000) - 1'000, origin);
    }
}

}  // namespace
}  // namespace shunt
