// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/waiting_lines.hh"

#include <gtest/gtest.h>

namespace shunt::app {
namespace {

class WaitingLinesTest : public testing::Test {
  protected:
    static Instant at(int milliseconds) { return Instant() + Duration::milliseconds(milliseconds); }
    static node::StreamId id(std::uint32_t index) { return {index, 0}; }
    std::uint32_t due_index(int milliseconds) const {
        const auto first = lines_.find_due(at(milliseconds));
        return first ? first->id.index : 99;
    }

    farm::Listen a_;
    farm::Listen b_;
    WaitingLines lines_;
};

TEST_F(WaitingLinesTest, WhoComesFirstIsAskedForFirst) {
    EXPECT_FALSE(lines_.has_line(a_));
    const auto first = lines_.join(a_, id(7), at(10));
    lines_.join(a_, id(3), at(12));
    EXPECT_TRUE(lines_.has_line(a_));
    EXPECT_EQ(lines_.poll_deadline(), at(10)) << "a line that has begun keeps its time";
    EXPECT_EQ(due_index(9), 99U);
    EXPECT_EQ(due_index(10), 7U);
    lines_.leave(a_, first);
    EXPECT_EQ(due_index(10), 3U);
    lines_.put_off(a_, at(20));
    EXPECT_EQ(due_index(19), 99U);
    EXPECT_EQ(due_index(20), 3U);
}

TEST_F(WaitingLinesTest, WhoLeavesFromTheMiddleIsNotAskedFor) {
    const auto first = lines_.join(a_, id(1), at(1));
    const auto second = lines_.join(a_, id(2), at(1));
    lines_.join(a_, id(3), at(1));
    lines_.leave(a_, second);
    lines_.leave(a_, second);
    lines_.leave(a_, first);
    EXPECT_EQ(due_index(1), 3U);
}

TEST_F(WaitingLinesTest, EachListenerHasItsOwn) {
    const auto of_a = lines_.join(a_, id(1), at(10));
    lines_.join(b_, id(2), at(5));
    EXPECT_EQ(lines_.poll_deadline(), at(5));
    lines_.put_off(b_, at(30));
    EXPECT_EQ(lines_.poll_deadline(), at(10));
    EXPECT_EQ(due_index(10), 1U);
    lines_.leave(a_, of_a);
    EXPECT_FALSE(lines_.has_line(a_));
    EXPECT_TRUE(lines_.has_line(b_));
    EXPECT_EQ(lines_.poll_deadline(), at(30));
    lines_.clear();
    EXPECT_EQ(lines_.poll_deadline(), std::nullopt);
}

}  // namespace
}  // namespace shunt::app
