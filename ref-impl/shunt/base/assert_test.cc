// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/assert.hh"

#include <gtest/gtest.h>

namespace shunt {
namespace {

TEST(AssertDeathTest, AFalseClaimStopsTheProgramAndSaysWhy) {
    EXPECT_DEATH(SHUNT_ASSERT(1 + 1 == 3, "arithmetic rests on it"),
                 "assert_test.cc:.*1 \\+ 1 == 3.*arithmetic rests on it");
}

TEST(AssertTest, ATrueClaimIsEvaluatedOnce) {
    int evaluations = 0;
    SHUNT_ASSERT(++evaluations == 1, "side effects would be repeated");
    EXPECT_EQ(evaluations, 1);
}

}  // namespace
}  // namespace shunt
