// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/violation.hh"

#include <gtest/gtest.h>

namespace shunt::sim {
namespace {

TEST(ViolationLog, KeepsTheFirstOnesAndCountsAll) {
    ViolationLog log(1);
    EXPECT_TRUE(log.empty());
    for (std::size_t i = 0; i <= ViolationLog::kKeptMax; ++i)
        log.add(Instant{}, "EP-12", std::to_string(i));
    EXPECT_EQ(log.count(), ViolationLog::kKeptMax + 1);
    ASSERT_EQ(log.kept().size(), ViolationLog::kKeptMax);
    EXPECT_EQ(log.kept().front().text, "0");
}

}  // namespace
}  // namespace shunt::sim
