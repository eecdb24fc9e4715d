// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/line_reader.hh"

#include <gtest/gtest.h>

#include <string>

namespace shunt::runtime {
namespace {

TEST(LineReader, JoinsPiecesAndSplitsLines) {
    LineReader reader(10);
    reader.push("ab");
    EXPECT_FALSE(reader.pop());
    reader.push("c\nd\r\n\n\r\ne");
    EXPECT_EQ(reader.pop(), "abc");
    EXPECT_EQ(reader.pop(), "d");
    EXPECT_FALSE(reader.pop());
    reader.push("\n");
    EXPECT_EQ(reader.pop(), "e");
    EXPECT_FALSE(reader.pop());
}

TEST(LineReader, TakesTheLongestLineAndRefusesOneByteMore) {
    LineReader exact(4);
    exact.push("1234");
    EXPECT_FALSE(exact.pop());
    EXPECT_FALSE(exact.is_overlong());
    exact.push("\n");
    EXPECT_EQ(exact.pop(), "1234");

    LineReader longer(4);
    longer.push("12345");
    EXPECT_FALSE(longer.pop());
    EXPECT_TRUE(longer.is_overlong());
    longer.push("\nok\n");
    EXPECT_FALSE(longer.pop());
}

TEST(LineReader, AnOverlongLineWithItsEndIsRefusedToo) {
    LineReader reader(4);
    reader.push("ok\n12345\nok\n");
    EXPECT_EQ(reader.pop(), "ok");
    EXPECT_FALSE(reader.pop());
    EXPECT_TRUE(reader.is_overlong());
}

}  // namespace
}  // namespace shunt::runtime
