// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/sim_traces.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shunt::app {
namespace {

constexpr std::string_view kFile = "# comment\nmove-once 20 1 00aa\n\nmove-once-base 30 2 00bb\n";

TEST(SimTraces, ReadsWorldsAndSkipsComments) {
    const auto traces = parse_traces(kFile);
    ASSERT_TRUE(traces);
    ASSERT_EQ(traces->size(), 2U);
    EXPECT_EQ((*traces)[1].scenario, "move-once-base");
    EXPECT_EQ((*traces)[1].connections, 30U);
    EXPECT_EQ((*traces)[1].seed, 2U);
    EXPECT_EQ((*traces)[1].hash, "00bb");
}

TEST(SimTraces, WritesHashesAndKeepsTheRest) {
    auto traces = parse_traces(kFile);
    ASSERT_TRUE(traces);
    (*traces)[0].hash = "00cc";
    EXPECT_EQ(with_hashes(kFile, *traces),
              "# comment\nmove-once 20 1 00cc\n\nmove-once-base 30 2 00bb\n");
}

TEST(SimTraces, NamesTheLineThatIsWrong) {
    for (const char* line :
         {"move-once 20 1", "move-once 0 1 aa", "move-once x 1 aa", "move-once 20 1 aa bb"}) {
        const auto traces = parse_traces(std::string("# one\n") + line + "\n");
        ASSERT_FALSE(traces) << line;
        EXPECT_THAT(traces.error(), ::testing::HasSubstr("line 2")) << line;
    }
}

TEST(SimTraces, UnknownScenarioIsAFailure) {
    EXPECT_FALSE(run_trace({"no-such-scenario", 1, 1, ""}));
}

}  // namespace
}  // namespace shunt::app
