// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/crash_point.hh"

#include <gtest/gtest.h>

namespace shunt::sim {
namespace {

TEST(CrashPointText, SaysAllOfItAndIsReadBack) {
    for (const Moment moment : kMoments) {
        for (const Comeback comeback : kAllComebacks) {
            const CrashPoint point{2, 4711, moment, comeback};
            const auto read = parse_crash_point(to_text(point));
            ASSERT_TRUE(read) << to_text(point);
            EXPECT_EQ(*read, point);
        }
    }
    EXPECT_EQ(to_text({1, 17, Moment::State, Comeback::Short}), "s2.17.state.short");
}

TEST(CrashPointText, RefusesWhatIsNone) {
    for (const char* text :
         {"", "s1", "s1.1.state", "s0.1.state.short", "s1.0.state.short", "1.1.state.short",
          "s1.x.state.short", "s1.1.after.short", "s1.1.state.soon", "s1.1.state.short.",
          "s1.1.state.short.x", "s1.99999999999999999999.state.short"}) {
        EXPECT_FALSE(parse_crash_point(text)) << text;
    }
}

}  // namespace
}  // namespace shunt::sim
