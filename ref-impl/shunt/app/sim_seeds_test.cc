// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_seeds.hh"

#include <gtest/gtest.h>

namespace shunt::app {
namespace {

TEST(SimSeeds, LineOfAFailedWorldMakesItAgain) {
    SimOptions failed;
    failed.scenario = "move-faults";
    failed.world.connections = 12;
    failed.world.corruption = Ratio{1, 9};
    const std::string line = seed_line(failed, 77);
    EXPECT_EQ(line, "--scenario move-faults --seed 77 --connections 12 --corruption 1/9");
    const auto worlds = parse_seeds("# once\n\n" + line + "\n");
    ASSERT_TRUE(worlds) << worlds.error();
    ASSERT_EQ(worlds->size(), 1U);
    EXPECT_EQ(worlds->front().scenario, "move-faults");
    EXPECT_EQ(worlds->front().first_seed, 77U);
    EXPECT_EQ(seed_line(worlds->front(), 77), line);
}

TEST(SimSeeds, WrongLineIsNamed) {
    for (const char* line : {"--scenario nonsense --seed 1", "--seed 1", "--scenario tcp-pair --x",
                             "--scenario tcp-pair --connections 3", "--list", "--help"}) {
        const auto worlds = parse_seeds(std::string("# fine\n") + line);
        ASSERT_FALSE(worlds) << line;
        EXPECT_EQ(worlds.error().rfind("line 2:", 0), 0U) << worlds.error();
    }
}

TEST(SimSeeds, WorldIsRecordedOnce) {
    EXPECT_EQ(with_seed("", "--a"), "--a\n");
    EXPECT_EQ(with_seed("# first", "--a"), "# first\n--a\n");
    EXPECT_EQ(with_seed("--a\n--b\n", "--a"), "--a\n--b\n");
}

}  // namespace
}  // namespace shunt::app
