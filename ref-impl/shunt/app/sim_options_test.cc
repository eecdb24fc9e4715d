// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_options.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace shunt::app {
namespace {

using ::testing::HasSubstr;

std::optional<SimOptions> parse(const std::vector<std::string>& arguments) {
    const auto parsed = parse_sim_options(arguments);
    const auto* options = std::get_if<SimOptions>(&parsed);
    return options == nullptr ? std::nullopt : std::optional(*options);
}

std::string error_of(const std::vector<std::string>& arguments) {
    const auto parsed = parse_sim_options(arguments);
    const auto* error = std::get_if<UsageError>(&parsed);
    return error == nullptr ? "" : error->text;
}

TEST(SimOptions, ReadsSeedsAndFaults) {
    const auto options = parse({"--scenario", "move-once", "--seeds", "3..7", "--jobs", "2",
                                "--connections", "50", "--loss", "1/50"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->scenario, "move-once");
    EXPECT_EQ(options->first_seed, 3U);
    EXPECT_EQ(options->last_seed, 7U);
    EXPECT_EQ(options->jobs, 2U);
    EXPECT_EQ(options->world.connections, 50U);
    ASSERT_TRUE(options->world.loss);
    EXPECT_EQ(options->world.loss->denominator, 50U);
    EXPECT_EQ(to_arguments(options->world), " --connections 50 --loss 1/50");
}

TEST(SimOptions, EveryOptionOfAWorldIsPrintedAsItWasRead) {
    const std::string text =
        " --loss 1/2 --repetition 1/3 --reordering 1/4 --corruption 1/5"
        " --pattern ping-pong --size 100 --buffer 9000 --rtt-us 250 --rate 1000000"
        " --offload";
    std::istringstream words("--scenario tcp-pair" + text);
    const std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
    const auto options = parse(arguments);
    ASSERT_TRUE(options) << error_of(arguments);
    EXPECT_EQ(to_arguments(options->world), text);
}

TEST(SimOptions, OneSeedIsARangeOfOne) {
    const auto options = parse({"--scenario", "move-once", "--seed", "9"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->first_seed, 9U);
    EXPECT_EQ(options->last_seed, 9U);
}

TEST(SimOptions, HelpShowsExamplesAndVersionTheVersion) {
    for (const char* option : {"--help", "-h"}) {
        const auto help = parse_sim_options({option});
        ASSERT_NE(std::get_if<TextWanted>(&help), nullptr);
        EXPECT_THAT(std::get<TextWanted>(help).text, HasSubstr("shunt-sim --scenario move-faults"));
    }
    const auto version = parse_sim_options({"--version"});
    ASSERT_NE(std::get_if<TextWanted>(&version), nullptr);
    EXPECT_THAT(std::get<TextWanted>(version).text, HasSubstr("shunt-sim "));
}

// It would be believed to have changed something.
TEST(SimOptions, WhatAScenarioDoesNotLookAtIsRefused) {
    const std::vector<std::vector<std::string>> settings = {
        {"--connections", "7"}, {"--corruption", "1/5"}, {"--pattern", "both"}, {"--size", "9"},
        {"--buffer", "9000"},   {"--rtt-us", "250"},     {"--rate", "1000"}};
    const std::vector<std::string> everywhere = {"--loss",       "1/2", "--repetition", "1/3",
                                                 "--reordering", "1/4", "--offload"};
    // Which of the settings mean something.
    const std::pair<const char*, std::vector<bool>> cases[] = {
        {"move-once", {true, false, false, false, false, false, false}},
        {"move-once-base", {true, false, false, false, false, false, false}},
        {"move-faults", {true, true, false, false, false, false, false}},
        {"move-faults-base", {true, true, false, false, false, false, false}},
        {"tcp-pair", {false, true, true, true, true, true, true}}};
    for (const auto& [scenario, meanings] : cases) {
        std::vector<std::string> arguments = {"--scenario", scenario};
        arguments.insert(arguments.end(), everywhere.begin(), everywhere.end());
        EXPECT_EQ(error_of(arguments), "");
        for (std::size_t i = 0; i < settings.size(); ++i) {
            std::vector<std::string> more = arguments;
            more.insert(more.end(), settings[i].begin(), settings[i].end());
            const std::string expected =
                settings[i].front() + ": the scenario " + scenario + " has no use for it";
            EXPECT_EQ(error_of(more), meanings[i] ? "" : expected);
        }
    }
}

struct Refusal {
    std::vector<std::string> arguments;
    std::string names;
};

class SimOptionsRefuse : public ::testing::TestWithParam<Refusal> {};

TEST_P(SimOptionsRefuse, AndNameTheOption) {
    EXPECT_THAT(error_of(GetParam().arguments), HasSubstr(GetParam().names));
}

INSTANTIATE_TEST_SUITE_P(
    Bad, SimOptionsRefuse,
    ::testing::Values(
        Refusal{{}, "--scenario"}, Refusal{{"--scenario"}, "--scenario"},
        Refusal{{"--scenario", "nonsense"}, "nonsense"},
        Refusal{{"--seed", "1", "--seeds", "1..2"}, "--seed and --seeds"},
        Refusal{{"--scen", "x"}, "--scen"}, Refusal{{"x"}, "positional"},
        Refusal{{"--seed", "-1"}, "--seed"}, Refusal{{"--seed", "1x"}, "--seed"},
        Refusal{{"--seeds", "5..3"}, "--seeds"}, Refusal{{"--seeds", "5"}, "--seeds"},
        Refusal{{"--jobs", "0"}, "--jobs"}, Refusal{{"--pattern", "sideways"}, "--pattern"},
        Refusal{{"--size", "0"}, "--size"}, Refusal{{"--connections", "0"}, "--connections"},
        Refusal{{"--connections", "50001"}, "--connections"},
        Refusal{{"--buffer", "575"}, "--buffer"}, Refusal{{"--buffer", "1073741825"}, "--buffer"},
        Refusal{{"--rtt-us", "60000001"}, "--rtt-us"}, Refusal{{"--loss", "2/1"}, "--loss"},
        Refusal{{"--loss", "1/0"}, "--loss"}));

}  // namespace
}  // namespace shunt::app
