// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/placements.hh"

#include <gtest/gtest.h>

#include <array>
#include <map>

namespace shunt::farm {
namespace {

Placements::Server server(ServerId id, std::uint32_t connections, std::uint16_t cpu = 0) {
    Placements::Server made{id, {}};
    made.told = {connections, cpu, std::uint64_t{4} << 30, 10'000'000'000};
    return made;
}

const SelectionSettings kSettings;

TEST(Placements, TheLeastLoadedIsBestAndOfEqualsTheLowestId) {
    const Placements placements;
    const std::array busy{server(2, 5, 900), server(3, 5, 100)};
    EXPECT_EQ(placements.best(busy, kSettings)->id, 3U);
    const std::array fewer{server(2, 5), server(3, 4)};
    EXPECT_EQ(placements.best(fewer, kSettings)->id, 3U) << "of equal scores";
    const std::array equal{server(7, 5), server(3, 5)};
    EXPECT_EQ(placements.best(equal, kSettings)->id, 3U);
    EXPECT_FALSE(placements.best({}, kSettings));
}

TEST(Placements, ManyWithinAPeriodAreSpread) {
    Placements placements;
    const std::array servers{server(2, 100), server(3, 0), server(4, 50)};
    std::map<ServerId, int> got;
    for (int i = 0; i < 300; ++i) {
        const auto best = placements.best(servers, kSettings);
        ++got[best->id];
        placements.note(*best);
    }
    EXPECT_EQ(got, (std::map<ServerId, int>{{2, 50}, {3, 150}, {4, 100}}));
}

TEST(Placements, WhatIsToldCountsAgain) {
    Placements placements;
    for (int i = 0; i < 10; ++i)
        placements.note(server(2, 5));
    EXPECT_EQ(placements.expected(server(2, 5)).connections, 15U);
    EXPECT_EQ(placements.expected(server(2, 14)).connections, 14U);
    placements.note(server(2, 14));
    EXPECT_EQ(placements.expected(server(2, 14)).connections, 15U);
}

TEST(Placements, ADominatedServerIsNeverChosen) {
    const Placements placements;
    Placements::Server worse = server(2, 900, 900);
    worse.told.unused_memory_bytes = 1;
    worse.told.unused_bandwidth_bps = 1;
    const std::array servers{worse, server(3, 0)};
    EXPECT_EQ(placements.best(servers, kSettings)->id, 3U) << "SEL-3";
}

}  // namespace
}  // namespace shunt::farm
