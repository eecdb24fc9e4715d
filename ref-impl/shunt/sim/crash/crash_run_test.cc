// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/crash_run.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "shunt/sim/crash/enumeration.hh"

namespace shunt::sim {
namespace {

const Script& script(std::string_view name) {
    const Script* found = find_script(name);
    EXPECT_NE(found, nullptr) << name;
    return *found;
}

// The first step of that server with that cause.
const Step& step(const std::vector<Step>& steps, std::size_t server, std::string_view cause) {
    const auto found = std::ranges::find_if(
        steps, [&](const Step& one) { return one.server == server && one.cause == cause; });
    EXPECT_NE(found, steps.end()) << cause;
    return *found;
}

CrashEnd end_of(const Script& script, const std::vector<Step>& steps, const Step& at, Moment moment,
                Comeback comeback) {
    const CrashResult result =
        play(script, orders_for(steps, {{at.server, at.event, moment, comeback}}));
    EXPECT_EQ(result.crashes, 1U);
    for (const Violation& violation : result.violations)
        ADD_FAILURE() << violation.rule << ": " << violation.text;
    return result.end;
}

TEST(Scripts, RunWithoutACrashAndHaveStepsOfBothSides) {
    std::set<std::string_view> names;
    for (const Script& one : scripts()) {
        names.insert(one.name);
        const std::vector<Step> steps = steps_of(one);
        ASSERT_FALSE(steps.empty()) << one.name;
        EXPECT_EQ(play(one, {}).end, CrashEnd::Served) << one.name;
        std::set<std::size_t> servers;
        for (const Step& found : steps)
            servers.insert(found.server);
        EXPECT_GE(servers.size(), 2U) << one.name;
    }
    EXPECT_EQ(names.size(), scripts().size()) << "each has a name of its own";
}

TEST(Steps, AreNamedByWhatTheyDo) {
    const std::vector<Step> steps = steps_of(script("unbound"));
    const Step& taken = step(steps, 1, "0x01");
    EXPECT_EQ(taken.before, "none");
    EXPECT_EQ(taken.after, "forward-connect/unreleased");
    EXPECT_THAT(taken.sent, ::testing::Contains("0x03"));
    const Step& released = step(steps, 0, "0x03");
    EXPECT_EQ(released.before, "temporary/migrating");
    EXPECT_EQ(released.after, "forward");
    EXPECT_EQ(released.sent.front(), "0x14");
    EXPECT_THAT(steps.front().sent, ::testing::Contains("0x01")) << "the first one";
    EXPECT_NE(steps.back().before, steps.back().after) << "the last one";
}

// Of what control channels carry, which is no frame of its own.
TEST(Steps, OfABlobAreNamedByWhatTheChannelsBring) {
    const std::vector<Step> steps = steps_of(script("blob-returned"));
    EXPECT_THAT(steps.front().sent, ::testing::Contains("blob"));
    const Step& taken = step(steps, 1, "blob");
    EXPECT_EQ(taken.before, "none");
    EXPECT_EQ(taken.after, "forward-connect/unreleased");
    EXPECT_THAT(taken.sent, ::testing::Contains("control 0x11"));
    const Step& accepted = step(steps, 0, "control 0x11");
    EXPECT_EQ(accepted.after, "forward");
    EXPECT_THAT(accepted.sent, ::testing::Contains("control 0x15"));
    EXPECT_EQ(step(steps, 0, "blob").after, "local") << "it came home";
    EXPECT_EQ(step(steps, 1, "control 0x11").after, "none");
}

TEST(Steps, OfALongBlobAreItsPartsToo) {
    const std::vector<Step> steps = steps_of(script("blob-drained"));
    EXPECT_EQ(step(steps, 0, "control part").after, "forward");
}

TEST(Steps, EveryOneHasNineCrashes) {
    const std::vector<Step> steps = steps_of(script("unbound"));
    const std::vector<CrashPoint> points = crashes_of(steps);
    EXPECT_EQ(points.size(), steps.size() * 9);
    std::set<std::string> texts;
    for (const CrashPoint& point : points)
        texts.insert(to_text(point));
    EXPECT_EQ(texts.size(), points.size());
}

TEST(Crash, OfATargetBeforeItsReleaseCostsNothing) {
    const Script& unbound = script("unbound");
    const std::vector<Step> steps = steps_of(unbound);
    const Step& taken = step(steps, 1, "0x01");
    for (const Moment moment : {Moment::Before, Moment::State}) {
        for (const Comeback comeback : kComebacks)
            EXPECT_EQ(end_of(unbound, steps, taken, moment, comeback), CrashEnd::Served);
    }
    EXPECT_EQ(end_of(unbound, steps, taken, Moment::Frames, Comeback::Short), CrashEnd::Reset)
        << "its home has read the 0x03 of a copy that is gone";
}

TEST(Crash, OfTheOwnerResetsItsClient) {
    const Script& unbound = script("unbound");
    const std::vector<Step> steps = steps_of(unbound);
    EXPECT_EQ(end_of(unbound, steps, step(steps, 1, "0x14"), Moment::Frames, Comeback::Short),
              CrashEnd::Reset);
}

TEST(Crash, OfTheHomeThatNeverComesBackLeavesItsClientAlone) {
    const Script& unbound = script("unbound-base");
    const std::vector<Step> steps = steps_of(unbound);
    EXPECT_EQ(end_of(unbound, steps, step(steps, 0, "0x03"), Moment::Before, Comeback::Never),
              CrashEnd::Gone);
    EXPECT_EQ(end_of(unbound, steps, step(steps, 0, "0x03"), Moment::Before, Comeback::Short),
              CrashEnd::Reset);
}

TEST(Crash, OfTheHomeASecondTimeOutlastsItsClientsPatience) {
    const Script& repeated = script("unbound-repeated-base");
    const std::vector<Step> steps = steps_of(repeated);
    // What comes between the two absences is the owner's report; the client is at a long pause.
    const auto found = std::ranges::find_if(steps, [](const Step& one) {
        return one.server == 0 && one.before == "forward" && one.cause == "client's data";
    });
    ASSERT_NE(found, steps.end());
    const auto played = [&](Comeback second) {
        return play(repeated, orders_for(steps, {{0, found->event, Moment::Frames, Comeback::Long},
                                                 {0, found->event + 1, Moment::State, second}}));
    };
    const CrashResult outlasted = played(Comeback::Long);
    EXPECT_EQ(outlasted.crashes, 2U);
    EXPECT_EQ(outlasted.violation_count, 0U);
    EXPECT_EQ(outlasted.end, CrashEnd::Limit) << "nobody tells the owner (EP-33)";
    EXPECT_EQ(played(Comeback::Short).violation_count, 0U) << "it is reset in time";
}

TEST(Crash, OfABaseTargetIsALimitOfTheBaseSet) {
    const Script& unbound = script("unbound-base");
    const std::vector<Step> steps = steps_of(unbound);
    EXPECT_EQ(end_of(unbound, steps, step(steps, 1, "0x01"), Moment::Frames, Comeback::Short),
              CrashEnd::Limit);
}

TEST(ChannelLoss, CostsNoClientAnything) {
    const Script& in_use = script("blob-in-use");
    const std::vector<Step> steps = steps_of(in_use);
    for (const Step& at :
         {step(steps, 1, "blob"), step(steps, 0, "control 0x11"), step(steps, 1, "control 0x15")}) {
        for (const Moment moment : kMoments) {
            for (const Comeback loss : {Comeback::ChannelsEnded, Comeback::ChannelsSilent})
                EXPECT_EQ(end_of(in_use, steps, at, moment, loss), CrashEnd::Served) << at.cause;
        }
    }
}

TEST(ChannelLoss, TakesAnAnswerWithItSoThatTheHomeGoesOn) {
    const Script& in_use = script("blob-in-use");
    const std::vector<Step> steps = steps_of(in_use);
    const Step& answered = step(steps, 1, "blob");
    const auto play_with = [&](Comeback loss) {
        return play(in_use, orders_for(steps, {{1, answered.event, Moment::State, loss}}));
    };
    const CrashResult ended = play_with(Comeback::ChannelsEnded);
    const CrashResult silent = play_with(Comeback::ChannelsSilent);
    EXPECT_EQ(ended.crashes, 1U);
    EXPECT_EQ(silent.crashes, 1U);
    EXPECT_NE(ended.trace_hash, silent.trace_hash);
    EXPECT_NE(ended.trace_hash, play(in_use, {}).trace_hash);
}

TEST(Crash, IsTheSameEachTime) {
    const Script& unbound = script("unbound-repeated");
    const std::vector<Step> steps = steps_of(unbound);
    const CrashOrders orders =
        orders_for(steps, {{1, step(steps, 1, "0x14").event, Moment::State, Comeback::Short}});
    EXPECT_EQ(play(unbound, orders).trace_hash, play(unbound, orders).trace_hash);
}

TEST(Crash, ASecondOneOfTheSameServerIsReached) {
    const Script& unbound = script("unbound");
    const std::vector<Step> steps = steps_of(unbound);
    const Step& taken = step(steps, 1, "0x01");
    const CrashResult result =
        play(unbound, orders_for(steps, {{1, taken.event, Moment::Before, Comeback::Short},
                                         {1, taken.event + 1, Moment::State, Comeback::Short}}));
    EXPECT_EQ(result.crashes, 2U);
    EXPECT_EQ(result.end, CrashEnd::Served);
}

}  // namespace
}  // namespace shunt::sim
