// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/line_feeds.hh"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt {
namespace {

std::vector<std::size_t> found_in(std::string_view text) {
    std::vector<std::size_t> found;
    LineFeeds feeds(text);
    while (const char* feed = feeds.next())
        found.push_back(static_cast<std::size_t>(feed - text.data()));
    return found;
}

std::vector<std::size_t> searched_in(std::string_view text) {
    std::vector<std::size_t> found;
    for (std::size_t at = text.find('\n'); at != std::string_view::npos;
         at = text.find('\n', at + 1))
        found.push_back(at);
    return found;
}

TEST(LineFeeds, AreFoundWhereverTheyAreInTextsOfAnyLength) {
    for (std::size_t size = 0; size < 200; ++size) {
        EXPECT_TRUE(found_in(std::string(size, 'x')).empty()) << size;
        EXPECT_EQ(found_in(std::string(size, '\n')).size(), size);
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, '\x8A');
            text[at] = '\n';
            EXPECT_EQ(found_in(text), std::vector{at}) << "of " << size;
        }
    }
}

TEST(LineFeeds, NothingBehindTheTextIsOne) {
    const std::string text(300, '\n');
    for (std::size_t size : {0U, 1U, 63U, 64U, 65U, 128U, 130U})
        EXPECT_EQ(found_in(std::string_view(text).substr(0, size)).size(), size);
}

TEST(LineFeeds, AreThoseThatASearchFinds) {
    std::string text;
    for (std::uint32_t i = 0; i < 1'000; ++i)
        text += static_cast<char>((i * 2'654'435'761U) >> 28);
    EXPECT_EQ(found_in(text), searched_in(text));
    EXPECT_FALSE(searched_in(text).empty());
}

TEST(LineFeeds, AnyMachineFindsTheSame) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        std::string block(line_feeds::kBlock, static_cast<char>(byte));
        block[byte % line_feeds::kBlock] = '\n';
        EXPECT_EQ(line_feeds::mask_of(block.data()), line_feeds::mask_of_any(block.data())) << byte;
    }
}

}  // namespace
}  // namespace shunt
