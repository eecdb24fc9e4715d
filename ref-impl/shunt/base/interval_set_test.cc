// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/interval_set.hh"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "shunt/base/rng.hh"

namespace shunt {
namespace {

std::vector<Interval> listed(const IntervalSet& set) {
    return {set.begin(), set.end()};
}

TEST(IntervalSet, MergesWhatTouchesAndNothingElse) {
    IntervalSet set;
    set.insert({10, 20});
    set.insert({21, 30});
    EXPECT_EQ(listed(set), (std::vector<Interval>{{10, 20}, {21, 30}}));
    set.insert({20, 21});
    EXPECT_EQ(listed(set), (std::vector<Interval>{{10, 30}}));
}

TEST(IntervalSet, SwallowsEveryIntervalThatANewOneSpans) {
    IntervalSet set;
    for (std::uint64_t i = 0; i < 10; ++i)
        set.insert({i * 10, i * 10 + 5});
    set.insert({12, 78});
    EXPECT_EQ(listed(set), (std::vector<Interval>{{0, 5}, {10, 78}, {80, 85}, {90, 95}}));
}

TEST(IntervalSet, AnEmptyIntervalAddsNothing) {
    IntervalSet set;
    set.insert({5, 5});
    EXPECT_TRUE(set.empty());
    EXPECT_TRUE(set.covers({5, 5}));
    EXPECT_FALSE(set.intersects({5, 5}));
}

TEST(IntervalSet, VisitsTheGapsOfARange) {
    IntervalSet set;
    set.insert({10, 20});
    set.insert({30, 40});
    std::vector<Interval> gaps;
    set.for_each_gap({15, 50}, [&](Interval gap) { gaps.push_back(gap); });
    EXPECT_EQ(gaps, (std::vector<Interval>{{20, 30}, {40, 50}}));
    gaps.clear();
    set.for_each_gap({30, 40}, [&](Interval gap) { gaps.push_back(gap); });
    EXPECT_TRUE(gaps.empty());
}

TEST(IntervalSet, TellsWhetherAnInsertWouldNeedOneMore) {
    IntervalSet set;
    set.insert({10, 20});
    EXPECT_TRUE(set.touches({20, 25}));
    EXPECT_TRUE(set.touches({5, 10}));
    EXPECT_FALSE(set.touches({21, 25}));
    EXPECT_FALSE(set.touches({5, 9}));
}

TEST(IntervalSet, AgreesWithASetOfNumbers) {
    Rng rng(7);
    for (int trial = 0; trial < 50; ++trial) {
        IntervalSet set;
        std::set<std::uint64_t> model;
        for (int step = 0; step < 60; ++step) {
            const std::uint64_t begin = rng.below(200);
            const std::uint64_t end = begin + rng.below(20);
            if (rng.chance({1, 10})) {
                set.erase_below(begin / 4);
                model.erase(model.begin(), model.lower_bound(begin / 4));
            } else if (rng.chance({1, 10})) {
                set.erase_from(begin + 50);
                model.erase(model.lower_bound(begin + 50), model.end());
            } else {
                set.insert({begin, end});
                for (std::uint64_t n = begin; n < end; ++n)
                    model.insert(n);
            }
            ASSERT_EQ(set.total(), model.size());
            std::size_t runs = 0;
            for (std::uint64_t n = 0; n < 230; ++n) {
                ASSERT_EQ(set.contains(n), model.contains(n)) << "trial " << trial << " n " << n;
                if (model.contains(n) && !model.contains(n + 1)) ++runs;
            }
            ASSERT_EQ(set.count(), runs);
            const std::uint64_t from = rng.below(200);
            std::uint64_t present = 0;
            for (std::uint64_t n = from; n < from + 10; ++n)
                present += model.contains(n) ? 1U : 0U;
            ASSERT_EQ(set.covers({from, from + 10}), present == 10);
            ASSERT_EQ(set.intersects({from, from + 10}), present > 0);
        }
    }
}

}  // namespace
}  // namespace shunt
