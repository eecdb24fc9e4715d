// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/generated_content.hh"

#include <gtest/gtest.h>

#include <algorithm>
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

// By the definition, digit by digit.
std::string plain(std::uint64_t offset, std::size_t count) {
    std::string bytes;
    for (std::uint64_t at = offset; at < offset + count; ++at) {
        const std::uint64_t place = at % kContentBlock;
        if (place == kContentBlock - 1) {
            bytes += '\n';
            continue;
        }
        const std::uint64_t digit = (at - place) >> (56 - 4 * place) & 0xF;
        bytes += "0123456789abcdef"[digit];
    }
    return bytes;
}

TEST(GeneratedContent, DigitsCarryWhereverTheyAreFull) {
    constexpr std::size_t kReach = 600;  // more than two runs of sixteen blocks
    for (const unsigned digits : {2U, 3U, 4U, 6U, 7U, 8U, 10U, 14U}) {
        const std::uint64_t full = std::uint64_t{1} << (4 * digits);
        const std::uint64_t begin = full - std::min<std::uint64_t>(full, kReach / 2);
        for (std::uint64_t from = begin; from < begin + 2 * kContentBlock; ++from) {
            ASSERT_EQ(text(from, kReach), plain(from, kReach)) << from;
        }
    }
}

TEST(GeneratedContent, WritesNothingBehindItsEnd) {
    for (std::size_t count = 0; count <= 300; ++count) {
        std::vector<std::uint8_t> bytes(301, '?');
        generate(0x1F8, MutableBytes(bytes).first(count));
        ASSERT_EQ(std::string(bytes.begin(), bytes.end()),
                  plain(0x1F8, count) + std::string(301 - count, '?'));
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
