// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/load_meter.hh"

#include <gtest/gtest.h>
#include <unistd.h>

namespace shunt::runtime {
namespace {

TEST(LoadMeter, ReadsWhatTheKernelWrites) {
    EXPECT_EQ(available_memory("MemTotal:  100 kB\nMemFree: 7 kB\nMemAvailable:    42 kB\n"),
              42U * 1'024);
    EXPECT_EQ(resident_memory("1234 56 7 1 0 8 0\n", 4'096), 56U * 4'096);
}

TEST(LoadMeter, WhatIsNoFigureIsNone) {
    EXPECT_FALSE(available_memory(""));
    EXPECT_FALSE(available_memory("MemAvailable: kB"));
    EXPECT_FALSE(available_memory("MemFree: 7 kB\n"));
    EXPECT_FALSE(resident_memory("", 4'096));
    EXPECT_FALSE(resident_memory("1234", 4'096));
}

TEST(LoadMeter, MeasuresThisProcess) {
    LoadMeter meter("", Instant());
    EXPECT_FALSE(meter.is_due(Instant() + Duration::milliseconds(999)));
    const Instant later = Instant() + Duration::seconds(1);
    EXPECT_TRUE(meter.is_due(later));
    const farm::LocalLoad load = meter.measure(125'000'000, later);  // 1 Gbit in a second
    EXPECT_EQ(load.unused_bandwidth_bps, 9'000'000'000U);
    EXPECT_EQ(load.process, static_cast<std::uint32_t>(getpid()));
    EXPECT_GT(load.unused_memory_bytes, 1U << 20U);
    ASSERT_EQ(load.applications.size(), 1U);
    EXPECT_GT(load.applications[0].memory_bytes, 100'000U);
    EXPECT_EQ(meter.measure(125'000'000, later + Duration::seconds(1)).unused_bandwidth_bps,
              10'000'000'000U);
}

}  // namespace
}  // namespace shunt::runtime
