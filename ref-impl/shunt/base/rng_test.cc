// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/rng.hh"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace shunt {
namespace {

// Blackman and Vigna: xoshiro256** 1.0 with the state that splitmix64 makes of the seed.
TEST(RngTest, GivesThePublishedNumbers) {
    struct Row {
        std::uint64_t seed;
        std::array<std::uint64_t, 4> numbers;
    };
    constexpr Row rows[] = {
        {0, {0x99EC5F36CB75F2B4U, 0xBF6E1F784956452AU, 0x1A5F849D4933E6E0U, 0x6AA594F1262D2D2CU}},
        {20'261'121,
         {0xD9919E7BC7750189U, 0x61061B96E1CCE794U, 0x558E5B460FDE59BBU, 0x2FADD884F74534CDU}},
    };
    for (const Row& row : rows) {
        Rng rng(row.seed);
        for (const std::uint64_t number : row.numbers)
            EXPECT_EQ(rng.next_u64(), number) << "seed " << row.seed;
    }
}

TEST(RngTest, ThirtyTwoBitsAreTheUpperHalf) {
    Rng rng(0);
    EXPECT_EQ(rng.next_u32(), 0x99EC5F36U);
    EXPECT_EQ(rng.next_u32(), 0xBF6E1F78U);
}

TEST(RngTest, BelowReachesEveryNumberUnderItsBoundAndNoOther) {
    Rng rng(7);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1'000; ++i)
        seen.insert(rng.below(6));
    EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5}));
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(rng.below(1), 0U);
}

TEST(RngTest, BelowIsEvenWhereTheBoundDoesNotDivideTheRange) {
    // Under modulo without a second draw the lower half would come twice as often.
    constexpr std::uint64_t bound = 0xC000000000000000U;
    Rng rng(3);
    int low = 0;
    constexpr int draws = 30'000;
    for (int i = 0; i < draws; ++i)
        low += rng.below(bound) < bound / 3 ? 1 : 0;
    EXPECT_NEAR(low, draws / 3, 400);
}

TEST(RngTest, ChanceIsTheFraction) {
    Rng rng(11);
    int hits = 0;
    constexpr int draws = 20'000;
    for (int i = 0; i < draws; ++i) {
        ASSERT_FALSE(rng.chance({0, 20}));
        ASSERT_TRUE(rng.chance({20, 20}));
        hits += rng.chance({1, 20}) ? 1 : 0;
    }
    EXPECT_NEAR(hits, draws / 20, 120);
}

TEST(RngTest, AForkGoesItsOwnWay) {
    Rng parent(5);
    Rng twin(5);
    Rng fork = parent.fork();
    twin.next_u64();
    EXPECT_EQ(parent.next_u64(), twin.next_u64());
    EXPECT_NE(fork.next_u64(), parent.next_u64());
}

TEST(RngDeathTest, AnEmptyRangeStops) {
    Rng rng(1);
    EXPECT_DEATH(rng.below(0), "empty range");
    EXPECT_DEATH(rng.chance({0, 0}), "denominator");
}

}  // namespace
}  // namespace shunt
