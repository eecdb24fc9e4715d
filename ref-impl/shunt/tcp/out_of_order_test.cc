// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/out_of_order.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "shunt/base/rng.hh"

namespace shunt::tcp {
namespace {

TEST(OutOfOrder, SaysHowFarTheInOrderEndMovesOverTheRangeThatItReaches) {
    OutOfOrder ranges;
    ranges.insert({10, 20});
    ranges.insert({30, 40});
    EXPECT_EQ(ranges.advance(9), 9U);
    EXPECT_EQ(ranges.range(0), (Interval{1, 11}));
    EXPECT_EQ(ranges.advance(1), 11U) << "it touches the first range";
    EXPECT_EQ(ranges.range(0), (Interval{10, 20}));
    EXPECT_EQ(ranges.advance(15), 20U) << "it ends inside of the second";
    EXPECT_TRUE(ranges.empty());
}

TEST(OutOfOrder, SwallowsRangesThatTextInOrderCovers) {
    OutOfOrder ranges;
    ranges.insert({1, 2});
    ranges.insert({5, 6});
    ranges.insert({9, 20});
    EXPECT_EQ(ranges.advance(9), 20U);
    EXPECT_TRUE(ranges.empty());
    EXPECT_EQ(ranges.report().count, 0U);
}

TEST(OutOfOrder, AgreesWithAMapOfBytes) {
    Rng rng(5);
    for (int trial = 0; trial < 200; ++trial) {
        OutOfOrder ranges;
        std::vector<bool> there(300);
        for (int step = 0; step < 40; ++step) {
            const auto begin = static_cast<std::size_t>(rng.below(200));
            const auto size = 1 + static_cast<std::size_t>(rng.below(20));
            if (begin > 0) {
                ranges.insert({begin, begin + size});
                for (std::size_t i = begin; i < begin + size; ++i)
                    there[i] = true;
                continue;
            }
            std::size_t end = size;
            while (there[end])
                ++end;
            ASSERT_EQ(ranges.advance(static_cast<std::uint32_t>(size)), end);
            there.erase(there.begin(), there.begin() + static_cast<std::ptrdiff_t>(end));
            there.resize(300);
        }
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < ranges.count(); ++i) {
            total += ranges.range(i).size();
            for (auto at = ranges.range(i).begin; at < ranges.range(i).end; ++at)
                ASSERT_TRUE(there[at]) << "trial " << trial;
        }
        ASSERT_EQ(total, static_cast<std::uint64_t>(std::count(there.begin(), there.end(), true)));
        ASSERT_EQ(ranges.total(), total);
    }
}

TEST(OutOfOrder, ReportsAtMostFourRangesTheOneThatChangedLastFirst) {
    OutOfOrder ranges;
    for (std::uint64_t i = 1; i <= 6; ++i)
        ranges.insert({i * 10, i * 10 + 5});
    ranges.insert({35, 36});
    const auto report = ranges.report();
    ASSERT_EQ(report.count, OutOfOrder::kReportedMax);
    EXPECT_EQ(report.ranges[0], (Interval{30, 36}));
    EXPECT_EQ(report.ranges[1], (Interval{60, 65}));
    EXPECT_EQ(report.ranges[3], (Interval{40, 45}));
}

}  // namespace
}  // namespace shunt::tcp
