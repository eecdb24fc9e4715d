// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/not_built_in.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shunt/farm/standard_plan.hh"

namespace shunt::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NotBuiltIn, TakesTheStandardPlanInBothBindings) {
    farm::FarmConfig config = farm::standard_plan(3);
    EXPECT_THAT(not_built_in(config), IsEmpty());
    config.farm.binding = farm::Binding::Udp;
    config.listens[1].application = farm::kStreamApplication;
    EXPECT_THAT(not_built_in(config), IsEmpty());
}

TEST(NotBuiltIn, TakesBothProfilesBesideEachOther) {
    farm::FarmConfig config = farm::standard_plan(2);
    config.listens[1].profile = farm::Profile::Blob;
    EXPECT_THAT(not_built_in(config), IsEmpty());
}

TEST(NotBuiltIn, NamesEveryThingThatThisVersionDoesNotDo) {
    farm::FarmConfig config = farm::standard_plan(2);
    config.listens[1].profile = farm::Profile::Handoff;
    config.listens[0].application = "ftp";
    EXPECT_THAT(
        not_built_in(config),
        ElementsAre(
            "listen[0].application: expected \"http\", \"stream\", \"gateway\" or \"echo\"; "
            "\"ftp\" is not "
            "built into "
            "this version",
            "listen[1].profile: expected \"endpoint\" or \"blob\"; \"handoff\" is not built into "
            "this version"));
}

}  // namespace
}  // namespace shunt::app
