// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/decimal.hh"

#include <gtest/gtest.h>

namespace shunt::wire {
namespace {

TEST(DecimalTest, TakesDigitsUpToTheBound) {
    EXPECT_EQ(parse_decimal("0", 255), 0U);
    EXPECT_EQ(parse_decimal("255", 255), 255U);
    EXPECT_EQ(parse_decimal("256", 255), std::nullopt);
    EXPECT_EQ(parse_decimal("4294967295", 0xFFFFFFFF), 0xFFFFFFFFU);
    EXPECT_EQ(parse_decimal("4294967296", 0xFFFFFFFF), std::nullopt);
}

TEST(DecimalTest, RefusesAllElse) {
    for (const char* text : {"", "00", "01", "-1", "+1", " 1", "1 ", "1a", "0x1", "1.0"})
        EXPECT_EQ(parse_decimal(text, 255), std::nullopt) << text;
}

}  // namespace
}  // namespace shunt::wire
