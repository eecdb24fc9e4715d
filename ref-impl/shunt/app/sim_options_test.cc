// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_options.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

namespace shunt::app {
namespace {

using ::testing::HasSubstr;

TEST(SimOptions, ReadsSeedsAndFaults) {
    const auto options = parse_sim_options({"--scenario", "move-once", "--seeds", "3..7", "--jobs",
                                            "2", "--connections", "50", "--loss", "1/50"});
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
        " --connections 7 --loss 1/2 --repetition 1/3 --reordering 1/4 --corruption 1/5"
        " --pattern ping-pong --size 100 --buffer 9000 --rtt-us 250 --rate 1000000"
        " --offload";
    std::istringstream words("--scenario tcp-pair" + text);
    const std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
    const auto options = parse_sim_options(arguments);
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(to_arguments(options->world), text);
}

TEST(SimOptions, OneSeedIsARangeOfOne) {
    const auto options = parse_sim_options({"--scenario", "move-once", "--seed", "9"});
    ASSERT_TRUE(options);
    EXPECT_EQ(options->first_seed, 9U);
    EXPECT_EQ(options->last_seed, 9U);
}

struct Refusal {
    std::vector<std::string> arguments;
    std::string names;
};

class SimOptionsRefuse : public ::testing::TestWithParam<Refusal> {};

TEST_P(SimOptionsRefuse, AndNameTheOption) {
    const auto options = parse_sim_options(GetParam().arguments);
    ASSERT_FALSE(options);
    EXPECT_THAT(options.error(), HasSubstr(GetParam().names));
}

INSTANTIATE_TEST_SUITE_P(
    Bad, SimOptionsRefuse,
    ::testing::Values(
        Refusal{{}, "--scenario"}, Refusal{{"--scenario"}, "--scenario"},
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
