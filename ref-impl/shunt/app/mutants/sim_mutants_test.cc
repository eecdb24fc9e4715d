// SPDX-License-Identifier: Apache-2.0
// The simulator's checkers against nodes with a seeded defect: each one is seen to fire, with the
// rule that it keeps, and none fires where the node is sound.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

#include "shunt/base/mutant.hh"
#include "shunt/sim/crash/enumeration.hh"
#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {
namespace {

struct Detection {
    Mutant mutant;
    std::string_view scenario;
    std::string_view rule;
    /// A world in which the defect shows.
    std::uint64_t seed = 1;
};

std::string_view name_of(Mutant mutant) {
    for (const MutantText& text : all_mutants()) {
        if (text.mutant == mutant) return text.name;
    }
    return "";
}

std::ostream& operator<<(std::ostream& out, const Detection& detection) {
    return out << name_of(detection.mutant) << " in " << detection.scenario;
}

class CheckersSeeMutants : public ::testing::TestWithParam<Detection> {};

TEST_P(CheckersSeeMutants, ByTheRuleThatTheyBreak) {
    const Detection& detection = GetParam();
    choose_mutant(detection.mutant);
    ScenarioOptions options;
    options.seed = detection.seed;
    // SEL-2 counts connections that stay at home: one lost offer in twenty has to stand out.
    options.connections = detection.rule == "SEL-2" ? 400 : 100;
    const ScenarioResult result = find_scenario(detection.scenario)->run(options);
    EXPECT_GT(std::ranges::count(result.violations, detection.rule, &Violation::rule), 0)
        << result.violation_count << " violations of other rules";
}

INSTANTIATE_TEST_SUITE_P(
    Extended, CheckersSeeMutants,
    ::testing::Values(Detection{Mutant::ReleasesItself, "move-once", "EP-12"},
                      Detection{Mutant::ResetsUnknownTuple, "move-once", "EP-12"},
                      Detection{Mutant::CopiesAgainOnRepetition, "move-once", "EP-48"},
                      Detection{Mutant::CopiesAgainOnRepetition, "move-once", "liveness"},
                      Detection{Mutant::LosesTimestampClock, "move-once", "EP-25"},
                      Detection{Mutant::LosesWindowScale, "move-once", "TCP-5"},
                      Detection{Mutant::ReleasesItself, "move-faults", "EP-12"},
                      Detection{Mutant::NeverRepeatsAcknowledgement, "move-faults", "liveness"},
                      Detection{Mutant::ReleasesHeldInReverse, "move-once", "EP-9"},
                      Detection{Mutant::TouchesForwardedPacket, "move-once", "EP-21"},
                      Detection{Mutant::AcknowledgesRequestBeforeDecision, "move-once", "SEL-2"},
                      Detection{Mutant::NeverRepeatsOffer, "move-once", "SEL-2"},
                      Detection{Mutant::ActsWhileCutOff, "channels", "EP-33", 3}));

INSTANTIATE_TEST_SUITE_P(
    Base, CheckersSeeMutants,
    ::testing::Values(Detection{Mutant::AnswersFromOwnAddress, "move-once-base", "EP-48"},
                      Detection{Mutant::LosesTimestampClock, "move-once-base", "EP-25"},
                      Detection{Mutant::ReleasesHeldInReverse, "move-once-base", "EP-9"},
                      Detection{Mutant::TouchesForwardedPacket, "move-once-base", "EP-21"}));

struct CrashDetection {
    Mutant mutant;
    std::string_view script;
    std::string_view rule;
};

std::ostream& operator<<(std::ostream& out, const CrashDetection& detection) {
    return out << name_of(detection.mutant) << " in " << detection.script;
}

class CrashesShowMutants : public ::testing::TestWithParam<CrashDetection> {};

// Without a crash nothing is amiss, with one at the right step there is.
TEST_P(CrashesShowMutants, ByTheRuleThatTheyBreak) {
    const CrashDetection& detection = GetParam();
    choose_mutant(detection.mutant);
    const Script& script = *find_script(detection.script);
    const std::vector<Step> steps = steps_of(script);
    ASSERT_FALSE(steps.empty()) << "seen without any crash";
    std::size_t seen = 0;
    for (const CrashPoint& point : crashes_of(steps)) {
        const CrashResult result = play(script, orders_for(steps, {point}));
        if (std::ranges::count(result.violations, detection.rule, &Violation::rule) > 0) ++seen;
    }
    EXPECT_GT(seen, 0U);
}

INSTANTIATE_TEST_SUITE_P(Extended, CrashesShowMutants,
                         ::testing::Values(CrashDetection{Mutant::KeepsRecordsOfDead, "unbound",
                                                          "liveness"}));

// What the wire between these hosts never shows must not disturb them either.
TEST(CheckersAreSilent, WhereNothingIsWrong) {
    choose_mutant(Mutant::AcceptsStrangers);
    for (const std::string_view scenario : {"move-once", "move-once-base"}) {
        ScenarioOptions options;
        options.connections = 100;
        EXPECT_EQ(find_scenario(scenario)->run(options).violation_count, 0U) << scenario;
    }
}

}  // namespace
}  // namespace shunt::sim
