// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/generated_content.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::node {
namespace {

std::string text(std::uint64_t offset, std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    generate(offset, bytes);
    return {bytes.begin(), bytes.end()};
}

TEST(GeneratedContent, EachBlockNamesItsOwnOffset) {
    EXPECT_EQ(text(0, 32), "000000000000000\n000000000000010\n");
    EXPECT_EQ(text(0x123456789ABCDE0, 16), "123456789abcde0\n");
}

TEST(GeneratedContent, IsTheSameWhereverReadingBegins) {
    const std::string whole = text(0, 100);
    for (std::size_t from = 0; from < 100; ++from) {
        EXPECT_EQ(text(from, 100 - from), whole.substr(from)) << from;
        EXPECT_EQ(generated_byte(from), static_cast<std::uint8_t>(whole[from])) << from;
    }
}

TEST(GeneratedContent, TheTargetTellsTheSize) {
    EXPECT_EQ(generated_size("/bytes/0"), 0U);
    EXPECT_EQ(generated_size("/s2/bytes/1048576"), 1048576U);
    EXPECT_EQ(generated_size("/bytes/1152921504606846976"), 1152921504606846976U);
    for (const char* other : {"/bytes/", "/bytes/1152921504606846977", "/bytes/-1", "/bytes/1x",
                              "/bytes", "/", "", "/bytes/99999999999999999999999"}) {
        EXPECT_EQ(generated_size(other), std::nullopt) << other;
    }
}

}  // namespace
}  // namespace shunt::node
