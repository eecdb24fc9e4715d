// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/drain_progress.hh"

#include <gtest/gtest.h>

namespace shunt::app::ctl {
namespace {

constexpr Duration kPatience = Duration::seconds(5);

DrainProgress after(const char* result, Duration waited) {
    return progress_of(Json::parse(result), waited, kPatience);
}

TEST(CtlDrainProgress, GoesOnUntilNothingIsLeftOrTimeIsOver) {
    const char* some = R"({"draining":true,"left":3})";
    EXPECT_EQ(after(some, Duration()), DrainProgress::GoesOn);
    EXPECT_EQ(after(some, kPatience - Duration::nanoseconds(1)), DrainProgress::GoesOn);
    EXPECT_EQ(after(some, kPatience), DrainProgress::Late);
    EXPECT_EQ(after(R"({"draining":true,"left":0})", kPatience), DrainProgress::Empty);
}

TEST(CtlDrainProgress, EndsWhereSomebodyHasStoppedIt) {
    EXPECT_EQ(after(R"({"draining":false,"left":3})", Duration()), DrainProgress::Stopped);
}

TEST(CtlDrainProgress, TakesNothingElseForAnAnswer) {
    for (const char* text : {"null", "[]", "{}", R"({"left":0})", R"({"draining":true})",
                             R"({"draining":1,"left":0})", R"({"draining":true,"left":-1})"})
        EXPECT_EQ(after(text, Duration()), DrainProgress::Unknown) << text;
}

TEST(CtlDrainProgress, IsSaidInOneLine) {
    EXPECT_EQ(progress_line(Json::parse(
                  R"({"left":12,"moving":4,"moved":7,"refused":1,"staying":2,"more":9})")),
              "left 12, moving 4, moved 7, refused 1, staying 2\n");
}

}  // namespace
}  // namespace shunt::app::ctl
