// SPDX-License-Identifier: Apache-2.0
/// Who runs beside whom, who begins first, and what ends a run.
#include "app/case_queue.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/case_run.hh"
#include "cases/lasting.hh"
#include "cases/sharing.hh"

namespace conform {
namespace {

std::vector<PlannedCase> whole_suite() {
    std::vector<PlannedCase> planned;
    for (const CaseInfo& info : all_cases())
        planned.push_back({&info, planned.size(), 1, 1});
    return planned;
}

CaseQueue::EndsRun when_failed() {
    return [](const CaseResult& result) { return result.verdict >= Verdict::Fail; };
}

CaseQueue queue_of(std::vector<PlannedCase> planned, CaseQueue::EndsRun ends_run) {
    return CaseQueue(
        std::move(planned), true, std::move(ends_run), [](const CaseInfo&) {},
        [](const CaseResult&) {});
}

CaseResult failed(const PlannedCase& planned) {
    CaseResult result = describe(*planned.info);
    result.verdict = Verdict::Fail;
    return result;
}

TEST(CaseQueueTest, WhoLastsLongestBeginsFirst) {
    CaseQueue queue = queue_of(whole_suite(), when_failed());
    const std::deque<PlannedCase> company = queue.take_company();
    ASSERT_GT(company.size(), 100U);
    EXPECT_EQ(company.front().info->id, "tcp/options/weeks-idle-served");
    const auto is_sorted = std::is_sorted(
        company.begin(), company.end(), [](const PlannedCase& a, const PlannedCase& b) {
            return lasting_of(a.info->id) > lasting_of(b.info->id);
        });
    EXPECT_TRUE(is_sorted);
}

TEST(CaseQueueTest, SecludedCasesAreNobodysCompany) {
    CaseQueue queue = queue_of(whole_suite(), when_failed());
    for (const PlannedCase& each : queue.take_company())
        EXPECT_EQ(seclusion_of(each.info->id), nullptr) << each.info->id;
    const std::optional<PlannedCase> first = queue.take_one();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->info->id, "blob/ends/closed-keeps-mapping") << "the longest";
}

TEST(CaseQueueTest, AFailureEndsTheRunAndTheOthersSayWhose) {
    CaseQueue queue = queue_of(whole_suite(), when_failed());
    const std::optional<PlannedCase> first = queue.take_one();
    queue.finish(*first, failed(*first));
    EXPECT_TRUE(queue.is_over());
    EXPECT_FALSE(queue.take_one());
    const std::vector<CaseResult> results = queue.take_results();
    EXPECT_EQ(results[first->place].verdict, Verdict::Fail);
    const std::size_t other = first->place == 0 ? 1 : 0;
    EXPECT_EQ(results[other].verdict, Verdict::NotRun);
    EXPECT_THAT(results[other].reason, ::testing::HasSubstr(first->info->id));
}

TEST(CaseQueueTest, AFailureThatIsKnownEndsNothing) {
    const std::vector<PlannedCase> planned = whole_suite();
    CaseQueue queue = queue_of(planned, [](const CaseResult&) { return false; });
    const std::optional<PlannedCase> first = queue.take_one();
    queue.finish(*first, failed(*first));
    EXPECT_FALSE(queue.is_over());
    EXPECT_TRUE(queue.take_one());
}

TEST(CaseQueueTest, WhatAnInterruptedRunHasNotDoneSaysSo) {
    CaseQueue queue = queue_of(whole_suite(), when_failed());
    queue.stop();
    EXPECT_FALSE(queue.take_one());
    EXPECT_THAT(queue.take_results().front().reason, ::testing::HasSubstr("interrupted"));
}

TEST(LastingTest, MostCasesAreShort) {
    EXPECT_EQ(lasting_of("endpoint/ends/idle-owner-speaks"), std::chrono::seconds(1'201));
    EXPECT_EQ(lasting_of("endpoint/framing/length-verified"), std::chrono::seconds(5));
}

}  // namespace
}  // namespace conform
