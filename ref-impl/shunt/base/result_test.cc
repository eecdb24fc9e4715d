// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/result.hh"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace shunt {
namespace {

Result<int, int> halve(int number) {
    if (number % 2 != 0) return Failure{number};
    return number / 2;
}

TEST(ResultTest, HoldsAValueOrAnErrorOfTheSameType) {
    const auto good = halve(8);
    ASSERT_TRUE(good);
    EXPECT_EQ(*good, 4);
    const auto bad = halve(7);
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error(), 7);
}

TEST(ResultTest, AValueMayBeMovedOut) {
    Result<std::unique_ptr<int>, std::string> result(std::make_unique<int>(5));
    ASSERT_TRUE(result);
    const std::unique_ptr<int> taken = std::move(*result);
    EXPECT_EQ(*taken, 5);
}

TEST(ResultTest, TheArrowReachesMembers) {
    const Result<std::string, int> result(std::string("abc"));
    EXPECT_EQ(result->size(), 3U);
}

TEST(ResultDeathTest, TheWrongAlternativeStops) {
    const auto good = halve(8);
    const auto bad = halve(7);
    EXPECT_DEATH(static_cast<void>(good.error()), "asked of a failure only");
    EXPECT_DEATH(static_cast<void>(*bad), "tested before it is used");
}

}  // namespace
}  // namespace shunt
