// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/overload.hh"

#include <gtest/gtest.h>

namespace shunt::farm {
namespace {

wire::ServerLoad load_of(std::uint32_t connections, std::uint16_t cpu_per_mille = 0) {
    wire::ServerLoad load;
    load.connections = connections;
    load.cpu_per_mille = cpu_per_mille;
    return load;
}

OverloadSettings marks(std::uint32_t connections, std::uint16_t cpu_per_mille = 0) {
    OverloadSettings settings;
    settings.connections = connections;
    settings.cpu_per_mille = cpu_per_mille;
    return settings;
}

TEST(Overload, WithoutMarksNoLoadIsTooMuch) {
    EXPECT_FALSE(OverloadSettings().is_on());
    EXPECT_FALSE(is_overloaded(load_of(4'000'000'000U, 1'000), OverloadSettings()));
    EXPECT_EQ(excess_connections(load_of(4'000'000'000U, 1'000), OverloadSettings()), 0U);
    EXPECT_TRUE(has_room_for_one(load_of(4'000'000'000U, 1'000), OverloadSettings()));
}

TEST(Overload, BeginsAboveTheMarkAndEndsBelowIt) {
    const OverloadSettings settings = marks(100);
    EXPECT_FALSE(is_overloaded(load_of(100), settings));
    EXPECT_TRUE(is_overloaded(load_of(101), settings));
    EXPECT_EQ(excess_connections(load_of(101), settings), 11U) << "down to 90";
    EXPECT_EQ(excess_connections(load_of(91), settings), 1U) << "hysteresis";
    EXPECT_EQ(excess_connections(load_of(90), settings), 0U);
    EXPECT_TRUE(has_room_for_one(load_of(89), settings));
    EXPECT_FALSE(has_room_for_one(load_of(90), settings));
}

TEST(Overload, OfABusyProcessorGoesTheShareThatIsTooMuch) {
    const OverloadSettings settings = marks(0, 800);
    EXPECT_FALSE(is_overloaded(load_of(50, 800), settings));
    EXPECT_TRUE(is_overloaded(load_of(50, 801), settings));
    EXPECT_EQ(excess_connections(load_of(100, 900), settings), 20U) << "900 down to 720";
    EXPECT_EQ(excess_connections(load_of(100, 720), settings), 0U);
    EXPECT_TRUE(has_room_for_one(load_of(100, 720), settings));
    EXPECT_FALSE(has_room_for_one(load_of(0, 721), settings)) << "busy with something else";
}

TEST(Overload, TheWorseFigureDecides) {
    const OverloadSettings settings = marks(100, 500);
    EXPECT_EQ(excess_connections(load_of(110, 900), settings), 55U) << "half of the CPU";
    EXPECT_EQ(excess_connections(load_of(1'000, 460), settings), 910U) << "the number";
}

TEST(Overload, NeverAll) {
    for (const std::uint32_t connections : {1U, 2U, 3U, 1'000U, 4'000'000'000U}) {
        for (std::uint32_t relief : {0U, 10U, 90U, 100U}) {
            OverloadSettings settings = marks(1, 1);
            settings.relief_percent = relief;
            EXPECT_LT(excess_connections(load_of(connections, 1'000), settings), connections);
        }
    }
    EXPECT_EQ(excess_connections(load_of(0, 1'000), marks(1, 1)), 0U);
}

}  // namespace
}  // namespace shunt::farm
