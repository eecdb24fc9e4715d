// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/impairment_plan_text.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace shunt::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ImpairmentPlanText, NothingIsAPerfectPath) {
    const auto plan = parse_impairment_plan("");
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->loss.numerator, 0U);
    EXPECT_EQ(plan->delay, Duration());
    EXPECT_EQ(plan->rate, 0U);
}

TEST(ImpairmentPlanText, ReadsEveryKey) {
    const auto plan = parse_impairment_plan(
        "loss=1/50 repeat=2/3 corrupt=3/4  late=4/5 mark=5/6 drop=3,4 hold=7 late-by=5ms "
        "delay=10ms jitter=250us rate=50M queue=64");
    ASSERT_TRUE(plan) << plan.error();
    EXPECT_EQ(plan->loss.numerator, 1U);
    EXPECT_EQ(plan->loss.denominator, 50U);
    EXPECT_EQ(plan->repetition.numerator, 2U);
    EXPECT_EQ(plan->corruption.numerator, 3U);
    EXPECT_EQ(plan->late.numerator, 4U);
    EXPECT_EQ(plan->marking.numerator, 5U);
    EXPECT_THAT(plan->dropped, ElementsAre(3, 4));
    EXPECT_THAT(plan->held, ElementsAre(7));
    EXPECT_EQ(plan->late_by, Duration::milliseconds(5));
    EXPECT_EQ(plan->delay, Duration::milliseconds(10));
    EXPECT_EQ(plan->jitter, Duration::microseconds(250));
    EXPECT_EQ(plan->rate, 50'000'000U);
    EXPECT_EQ(plan->queue, 64U);
}

TEST(ImpairmentPlanText, NamesTheWordThatIsNone) {
    for (const char* word :
         {"lost=1/2", "loss", "=1", "loss=1", "loss=2/1", "loss=1/0", "loss=-1/2",
          "drop=", "drop=0", "drop=1,", "drop=1;2", "delay=5", "delay=5m", "delay=61s", "rate=0",
          "rate=1T", "rate=101G", "queue=0", "queue=65537"}) {
        const auto plan = parse_impairment_plan(std::string("delay=1ms ") + word);
        ASSERT_FALSE(plan) << word;
        EXPECT_THAT(plan.error(), HasSubstr(word));
    }
}

TEST(ImpairmentPlanText, TakesTheLargestAndRefusesOneMore) {
    EXPECT_TRUE(parse_impairment_plan("delay=60s rate=100G queue=65536 loss=1/1"));
    EXPECT_FALSE(parse_impairment_plan("delay=60001ms"));
}

}  // namespace
}  // namespace shunt::app
