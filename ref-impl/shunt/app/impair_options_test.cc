// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/impair_options.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::app {
namespace {

using ::testing::HasSubstr;

ParsedImpairOptions parse(const std::vector<const char*>& arguments) {
    return parse_impair_options({arguments.begin(), arguments.end()});
}

TEST(ImpairOptions, ReadsDevicesPlansAndSeed) {
    const auto parsed = parse({"--left", "packet:cable", "--right", "tap:front0", "--to-right",
                               "drop=3,4", "--to-left", "delay=1ms", "--seed", "9"});
    const auto* options = std::get_if<ImpairOptions>(&parsed);
    ASSERT_NE(options, nullptr);
    EXPECT_EQ(options->left.name, "cable");
    EXPECT_EQ(options->right.name, "front0");
    EXPECT_EQ(options->to_right.dropped.size(), 2U);
    EXPECT_EQ(options->to_left.delay, Duration::milliseconds(1));
    EXPECT_EQ(options->seed, 9U);
}

TEST(ImpairOptions, AnEmptyPlanIsNoTrouble) {
    const auto parsed = parse({"--left", "tap:a", "--right", "tap:b", "--to-right", ""});
    const auto* options = std::get_if<ImpairOptions>(&parsed);
    ASSERT_NE(options, nullptr);
    EXPECT_TRUE(options->to_right.dropped.empty());
}

TEST(ImpairOptions, NamesWhatIsWrong) {
    struct Case {
        std::vector<const char*> arguments;
        const char* part;
    };
    const std::vector<Case> cases = {
        {{"--right", "tap:b"}, "--left is missing"},
        {{"--left", "tap:a"}, "--right is missing"},
        {{"--left", "tap:a", "--right", "tap:a"}, "two devices"},
        {{"--left", "unix:/run/a", "--right", "tap:b"}, "tap: or packet:"},
        {{"--left", "tap:a", "--right", "tap:b", "--to-left", "los=1/2"}, "--to-left: \"los=1/2\""},
        {{"--left", "tap:a", "--right", "tap:b", "--seed", "x"}, "--seed"},
        {{"--left", "tap:a", "--right", "tap:b", "--sed", "1"}, "--sed"},
        {{"--left", "tap:a", "--right", "tap:b", "more"}, "positional"},
    };
    for (const Case& one : cases) {
        const auto parsed = parse(one.arguments);
        const auto* error = std::get_if<UsageError>(&parsed);
        ASSERT_NE(error, nullptr) << one.part;
        EXPECT_THAT(error->text, HasSubstr(one.part));
    }
}

TEST(ImpairOptions, HelpHasEveryKeyOfAPlan) {
    const auto parsed = parse({"--help"});
    const auto* wanted = std::get_if<TextWanted>(&parsed);
    ASSERT_NE(wanted, nullptr);
    EXPECT_THAT(wanted->text, HasSubstr("drop=N,N,.."));
    EXPECT_THAT(wanted->text, HasSubstr("Examples:"));
}

}  // namespace
}  // namespace shunt::app
