// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/score.hh"

#include <gtest/gtest.h>

#include <limits>

#include "shunt/base/rng.hh"
#include "shunt/farm/selection.hh"

namespace shunt::farm {
namespace {

constexpr SelectionSettings kDefaults;

TEST(Score, GoesFromIdleToFull) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(score({0, 0, most, most}, kDefaults), 0U);
    EXPECT_EQ(score({0xFFFFFFFF, 1'000, 0, 0}, kDefaults), kScoreMax - 1) << "never quite full";
    EXPECT_EQ(score({0, 5'000, most, most}, kDefaults), 250U) << "no more than one processor";
}

TEST(Score, EachFigureIsHalfOfTheWorstWhereTheSettingSays) {
    SelectionSettings settings;
    settings.cpu_weight = settings.memory_weight = settings.bandwidth_weight = 0;
    EXPECT_EQ(score({10'000, 0, 0, 0}, settings), 500U);
    settings = {};
    settings.connections_weight = settings.cpu_weight = settings.bandwidth_weight = 0;
    EXPECT_EQ(score({0, 0, std::uint64_t{1} << 30, 0}, settings), 500U);
    settings = {};
    settings.connections_weight = settings.cpu_weight = settings.memory_weight = 0;
    EXPECT_EQ(score({0, 0, 0, 1'000'000'000}, settings), 500U);
}

TEST(Score, RisesWithEachFigure) {
    const wire::ServerLoad load{5'000, 300, 1'000'000'000, 500'000'000};
    const auto base = score(load, kDefaults);
    EXPECT_GT(score({8'000, 300, 1'000'000'000, 500'000'000}, kDefaults), base);
    EXPECT_GT(score({5'000, 400, 1'000'000'000, 500'000'000}, kDefaults), base);
    EXPECT_GT(score({5'000, 300, 100'000'000, 500'000'000}, kDefaults), base);
    EXPECT_GT(score({5'000, 300, 1'000'000'000, 50'000'000}, kDefaults), base);
}

/// A load whose four shares are so many per mille, or the nearest that there is.
wire::ServerLoad load_of_shares(std::uint64_t connections, std::uint64_t cpu, std::uint64_t memory,
                                std::uint64_t bandwidth) {
    const auto unused = [](std::uint64_t share, std::uint64_t half) {
        return half * (kScoreMax - share) / share;
    };
    return {static_cast<std::uint32_t>(kDefaults.connections_half * connections /
                                       (kScoreMax - connections)),
            static_cast<std::uint16_t>(cpu), unused(memory, kDefaults.memory_half_bytes),
            unused(bandwidth, kDefaults.bandwidth_half_bps)};
}

// SEL-3: a server worse in all four figures by twice the threshold is never chosen.
TEST(Score, ADominatedServerIsNeverChosen) {
    Rng rng(1);
    const std::uint64_t lead = 2 * kDefaults.hysteresis;
    for (int round = 0; round < 20'000; ++round) {
        const auto draw = [&] { return 1 + rng.below(kScoreMax - lead - 20); };
        const std::uint64_t c = draw();
        const std::uint64_t u = draw();
        const std::uint64_t m = draw();
        const std::uint64_t b = draw();
        // A little more than the threshold: figures are whole numbers, shares are rounded down.
        const std::uint64_t more = lead + 5 + rng.below(10);
        const auto good = score(load_of_shares(c, u, m, b), kDefaults);
        const auto bad = score(load_of_shares(c + more, u + more, m + more, b + more), kDefaults);
        const ServerId self = rng.chance({1, 2}) ? 1 : 2;
        const ServerId good_one = rng.chance({1, 2}) ? 1 : 2;
        const ServerId bad_one = 3 - good_one;
        const auto order = rank({{good_one, good}, {bad_one, bad}}, self, kDefaults.hysteresis);
        ASSERT_EQ(order.front().id, good_one) << c << " " << u << " " << m << " " << b;
    }
}

TEST(Rank, ADifferenceBelowTheThresholdStaysLocal) {
    const auto first = [](std::uint32_t mine, std::uint32_t theirs) {
        return rank({{1, mine}, {2, theirs}}, 1, 100).front().id;
    };
    EXPECT_EQ(first(300, 201), 1U);
    EXPECT_EQ(first(300, 200), 2U);
    EXPECT_EQ(first(99, 0), 1U);
    EXPECT_EQ(first(100, 0), 2U);
    EXPECT_EQ(first(0, 0), 1U);
}

TEST(Rank, OrdersTheOthersByScoreThenById) {
    const auto order = rank({{1, 500}, {4, 100}, {2, 450}, {3, 100}}, 1, 100);
    std::vector<ServerId> ids;
    for (const Candidate& candidate : order)
        ids.push_back(candidate.id);
    EXPECT_EQ(ids, (std::vector<ServerId>{3, 4, 1, 2}));
}

TEST(Rank, WhoseStateIsUnknownComesBehindThisServerInTheOldOrder) {
    const auto order = rank({{1, 500}, {4, std::nullopt}, {2, std::nullopt}, {3, 450}}, 1, 100);
    const std::vector<Candidate> expected{{1, true}, {3, true}, {4, false}, {2, false}};
    EXPECT_EQ(order, expected);
    const auto silent = rank({{1, std::nullopt}, {4, std::nullopt}}, 1, 100);
    EXPECT_EQ(silent.front().id, 1U);
}

}  // namespace
}  // namespace shunt::farm
