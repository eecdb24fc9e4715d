// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/named_content.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::node {
namespace {

std::string text(std::uint32_t stream, std::uint64_t offset, std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    generate_named(stream, offset, bytes);
    return {bytes.begin(), bytes.end()};
}

TEST(NamedContent, EachBlockNamesItsStreamAndItsNumber) {
    EXPECT_EQ(text(0x0A1B2C, 0, 32), "0a1b2c.00000000\n0a1b2c.00000001\n");
    EXPECT_EQ(text(kStreamMax, kNamedSizeMax - 16, 16), "ffffff.ffffffff\n");
}

TEST(NamedContent, IsTheSameWhereverReadingBegins) {
    constexpr std::uint64_t kFrom = 0x0FFF0;  // where a digit carries
    const std::string whole = text(0xBEEF, kFrom, 100);
    for (std::size_t at = 0; at < 100; ++at) {
        EXPECT_EQ(text(0xBEEF, kFrom + at, 100 - at), whole.substr(at)) << at;
        std::vector<std::uint8_t> bytes(100 - at);
        named_source(0xBEEF)->read(kFrom + at, bytes);
        EXPECT_EQ(std::string(bytes.begin(), bytes.end()), whole.substr(at)) << at;
    }
}

TEST(NamedContent, WritesNothingBehindItsEnd) {
    for (std::size_t count = 0; count <= 40; ++count) {
        std::vector<std::uint8_t> bytes(41, '?');
        generate_named(7, 5, MutableBytes(bytes).first(count));
        EXPECT_EQ(std::string(bytes.begin(), bytes.end()),
                  text(7, 5, count) + std::string(41 - count, '?'));
    }
}

}  // namespace
}  // namespace shunt::node
