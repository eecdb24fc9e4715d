// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/suggestion.hh"

#include <gtest/gtest.h>

#include <array>

namespace shunt::runtime {
namespace {

constexpr std::array<std::string_view, 4> kKnown = {"front_ip", "front_mac", "back_mac", "id"};

TEST(Suggestion, CountsTheStepsBetweenWords) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("front_ip", "front_pi"), 1U);  // a swap is one step
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Suggestion, NamesTheNearestWord) {
    EXPECT_EQ(nearest("front_pi", kKnown), "front_ip");
    EXPECT_EQ(nearest("frontmac", kKnown), "front_mac");
    EXPECT_EQ(nearest("ID", kKnown), "");
    EXPECT_EQ(nearest("i", kKnown), "id");
}

TEST(Suggestion, IsSilentWhereNothingIsNear) {
    EXPECT_EQ(nearest("color", kKnown), "");
    EXPECT_EQ(nearest("front", {}), "");
}

}  // namespace
}  // namespace shunt::runtime
