// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/counters.hh"

#include <gtest/gtest.h>

#include <string_view>

namespace shunt {
namespace {

Counter counter_at(std::size_t index) {
    return static_cast<Counter>(index);
}

TEST(CountersTest, NamesAreSortedAndUnique) {
    ASSERT_GT(kCounterCount, 0U);
    for (std::size_t i = 1; i < kCounterCount; ++i)
        EXPECT_LT(counter_name(counter_at(i - 1)), counter_name(counter_at(i)));
}

TEST(CountersTest, NamesAreDottedLowerCaseWords) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const std::string_view name = counter_name(counter_at(i));
        EXPECT_NE(name.find('.'), std::string_view::npos) << name;
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-"),
                  std::string_view::npos)
            << name;
    }
}

TEST(CountersTest, EveryCounterHasASentence) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const std::string_view sentence = counter_sentence(counter_at(i));
        ASSERT_GT(sentence.size(), 10U) << counter_name(counter_at(i));
        EXPECT_EQ(sentence.back(), '.') << sentence;
    }
}

TEST(CountersTest, EachCountsForItselfFromZero) {
    Counters counters;
    counters.add(Counter::DropTcpChecksum);
    counters.add(Counter::DropTcpChecksum, 4);
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const Counter counter = counter_at(i);
        EXPECT_EQ(counters.value(counter), counter == Counter::DropTcpChecksum ? 5U : 0U);
    }
    EXPECT_EQ(counter_name(Counter::DropTcpChecksum), "drop.tcp.checksum");
}

TEST(CountersDeathTest, TheCountIsNoCounter) {
    EXPECT_DEATH(counter_name(Counter::kCount), "not a counter");
}

}  // namespace
}  // namespace shunt
