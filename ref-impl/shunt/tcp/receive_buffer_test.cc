// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/receive_buffer.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "shunt/base/rng.hh"

namespace shunt::tcp {
namespace {

constexpr ReceiveBuffer::Limits kLimits{.size_max = 1'000, .slack = 10, .ranges_max = 4};

std::vector<std::uint8_t> filled(std::size_t count, std::uint8_t value) {
    return std::vector<std::uint8_t>(count, value);
}

TEST(ReceiveBuffer, HoldsNoMemoryUntilSomethingComes) {
    ReceiveBuffer buffer(kLimits);
    EXPECT_EQ(buffer.allocated(), 0U);
    EXPECT_EQ(buffer.window(), 1'000U);
}

TEST(ReceiveBuffer, JoinsRangesWhenTheirGapIsFilled) {
    ReceiveBuffer buffer(kLimits);
    EXPECT_EQ(buffer.insert(10, filled(10, 2)).advanced, 0U);
    EXPECT_EQ(buffer.insert(20, filled(10, 3)).advanced, 0U);
    EXPECT_EQ(buffer.unread(), 0U);
    EXPECT_EQ(buffer.insert(0, filled(10, 1)).advanced, 30U);
    EXPECT_EQ(buffer.unread(), 30U);
    EXPECT_FALSE(buffer.has_ranges());
    const ByteView all = buffer.readable();
    EXPECT_EQ(all[9], 1);
    EXPECT_EQ(all[10], 2);
    EXPECT_EQ(all[29], 3);
}

TEST(ReceiveBuffer, KeepsTheFirstCopyOfEveryByteInAnyOrder) {
    Rng rng(11);
    for (int trial = 0; trial < 300; ++trial) {
        ReceiveBuffer buffer({.size_max = 400, .slack = 0, .ranges_max = 100});
        std::vector<int> model(400, -1);
        std::size_t in_order = 0;
        for (int copy = 0; copy < 60; ++copy) {
            const auto begin = in_order + static_cast<std::size_t>(rng.below(400 - in_order));
            const auto size =
                static_cast<std::size_t>(rng.below(std::min<std::size_t>(60, 400 - begin) + 1));
            const auto value = static_cast<std::uint8_t>(copy);
            const auto insertion =
                buffer.insert(static_cast<std::uint32_t>(begin - in_order), filled(size, value));
            ASSERT_TRUE(insertion.is_complete);
            for (std::size_t i = begin; i < begin + size; ++i)
                if (model[i] < 0) model[i] = value;
            in_order += insertion.advanced;
            const auto gap = std::find(model.begin(), model.end(), -1) - model.begin();
            ASSERT_EQ(in_order, static_cast<std::size_t>(gap)) << "trial " << trial;
            if (in_order == 400) break;
        }
        std::vector<std::uint8_t> out(in_order);
        buffer.read(0, out);
        for (std::size_t i = 0; i < in_order; ++i)
            ASSERT_EQ(out[i], model[i]) << "trial " << trial << " byte " << i;
    }
}

TEST(ReceiveBuffer, LeavesOutWhatHasNoRoomAndSaysSo) {
    ReceiveBuffer buffer(kLimits);
    auto insertion = buffer.insert(0, filled(1'011, 1));
    EXPECT_EQ(insertion.advanced, 1'010U);
    EXPECT_FALSE(insertion.is_complete);
    EXPECT_EQ(buffer.window(), 0U);
    insertion = buffer.insert(0, filled(1, 1));
    EXPECT_EQ(insertion.advanced, 0U);
    EXPECT_FALSE(insertion.is_complete);
    buffer.consume(11);
    EXPECT_EQ(buffer.window(), 1U);
}

TEST(ReceiveBuffer, ReportsAtMostFourRangesOnceEach) {
    ReceiveBuffer buffer({.size_max = 1'000, .slack = 0, .ranges_max = 100});
    for (std::uint32_t i = 1; i <= 6; ++i)
        buffer.insert(i * 10, filled(5, 1));
    auto report = buffer.out_of_order()->report();
    ASSERT_EQ(report.count, 4U);
    EXPECT_EQ(report.ranges[0], (Interval{60, 65}));
    EXPECT_EQ(report.ranges[3], (Interval{30, 35}));
    buffer.insert(45, filled(15, 1));  // joins 40, 50 and 60
    report = buffer.out_of_order()->report();
    ASSERT_EQ(report.count, 2U);
    EXPECT_EQ(report.ranges[0], (Interval{40, 65}));
    EXPECT_EQ(report.ranges[1], (Interval{30, 35}));
}

TEST(ReceiveBuffer, OpensItsWindowUpToTheBoundAndNeverClosesIt) {
    ReceiveBuffer buffer({.size_max = 1'000'000, .slack = 0, .ranges_max = 4});
    EXPECT_EQ(buffer.window(), 65'535U);
    buffer.open_window(70'000);
    EXPECT_EQ(buffer.window_limit(), 70'000U);
    buffer.open_window(1'000);
    EXPECT_EQ(buffer.window_limit(), 70'000U);
    buffer.open_window(std::uint64_t{1} << 40);
    EXPECT_EQ(buffer.window_limit(), 1'000'000U);
}

TEST(ReceiveBuffer, GivesMemoryBackOnlyWhenNothingIsHeld) {
    ReceiveBuffer buffer(kLimits);
    buffer.insert(5, filled(5, 9));
    buffer.release_memory();
    EXPECT_GT(buffer.allocated(), 0U);
    buffer.insert(0, filled(5, 9));
    buffer.consume(10);
    buffer.release_memory();
    EXPECT_EQ(buffer.allocated(), 0U);
}

}  // namespace
}  // namespace shunt::tcp
