// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/ring_buffer.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "shunt/base/rng.hh"

namespace shunt {
namespace {

std::vector<std::uint8_t> numbered(std::size_t count, std::uint8_t first) {
    std::vector<std::uint8_t> bytes(count);
    for (std::size_t i = 0; i < count; ++i)
        bytes[i] = static_cast<std::uint8_t>(first + i);
    return bytes;
}

std::vector<std::uint8_t> everything(const RingBuffer& buffer) {
    std::vector<std::uint8_t> bytes(buffer.size());
    buffer.read_at(0, bytes);
    return bytes;
}

TEST(RingBuffer, HoldsNoMemoryBeforeTheFirstByte) {
    RingBuffer buffer(1'000'000);
    EXPECT_EQ(buffer.allocated(), 0U);
    EXPECT_TRUE(buffer.front().empty());
    EXPECT_EQ(buffer.append(numbered(1, 0)), 1U);
    EXPECT_LE(buffer.allocated(), 4'096U);
}

TEST(RingBuffer, WhatIsWrittenInPlaceJoinsTheQueue) {
    Rng rng(7);
    RingBuffer buffer(5'000);
    std::deque<std::uint8_t> expected;
    for (int round = 0; round < 2'000; ++round) {
        const std::size_t most = rng.below(3'000);
        const MutableBytes room = buffer.room(most);
        ASSERT_LE(room.size(), std::min(most, buffer.free()));
        ASSERT_EQ(room.empty(), std::min(most, buffer.free()) == 0);
        const std::size_t written = room.empty() ? 0 : rng.below(room.size() + 1);
        for (std::size_t i = 0; i < written; ++i) {
            room[i] = static_cast<std::uint8_t>(rng.next_u32());
            expected.push_back(room[i]);
        }
        buffer.extend(written);
        ASSERT_EQ(everything(buffer), std::vector<std::uint8_t>(expected.begin(), expected.end()));
        const std::size_t gone = rng.below(buffer.size() + 1);
        buffer.consume(gone);
        expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(gone));
    }
}

TEST(RingBuffer, TakesNoMoreThanItsBound) {
    RingBuffer buffer(10);
    EXPECT_EQ(buffer.append(numbered(10, 1)), 10U);
    EXPECT_EQ(buffer.append(numbered(1, 99)), 0U);
    buffer.consume(1);
    EXPECT_EQ(buffer.append(numbered(3, 50)), 1U);
    EXPECT_EQ(everything(buffer).back(), 50);
}

TEST(RingBuffer, KeepsBytesWrittenAheadAcrossGrowth) {
    RingBuffer buffer(100'000);
    buffer.append(numbered(1'500, 0));
    buffer.consume(1'400);                      // the ring's start is in the middle
    buffer.write_at(1'900, numbered(100, 7));   // wraps, ahead of the end
    buffer.write_at(9'000, numbered(10, 200));  // grows
    buffer.write_at(100, numbered(1'800, 100));
    buffer.extend(1'900);
    const auto bytes = everything(buffer);
    ASSERT_EQ(bytes.size(), 2'000U);
    EXPECT_EQ(bytes[0], static_cast<std::uint8_t>(1'400));
    EXPECT_EQ(bytes[100], 100);
    EXPECT_EQ(bytes[1'900], 7);
    EXPECT_EQ(bytes[1'999], 106);
}

TEST(RingBuffer, BehavesLikeAQueueForAnyOrderOfCalls) {
    RingBuffer buffer(5'000);
    std::deque<std::uint8_t> model;
    Rng rng(42);
    std::uint8_t next = 0;
    for (int round = 0; round < 5'000; ++round) {
        const auto amount = static_cast<std::size_t>(rng.below(700));
        if (rng.chance({1, 2})) {
            const auto bytes = numbered(amount, next);
            const std::size_t taken = buffer.append(bytes);
            ASSERT_EQ(taken, std::min(amount, 5'000 - model.size()));
            model.insert(model.end(), bytes.begin(),
                         bytes.begin() + static_cast<std::ptrdiff_t>(taken));
            next = static_cast<std::uint8_t>(next + taken);
        } else {
            const ByteView run = buffer.front();
            ASSERT_EQ(run.empty(), model.empty());
            const std::size_t taken = std::min(amount, run.size());
            for (std::size_t i = 0; i < taken; ++i) {
                ASSERT_EQ(run[i], model.front()) << "round " << round;
                model.pop_front();
            }
            buffer.consume(taken);
        }
        ASSERT_EQ(buffer.size(), model.size());
    }
}

TEST(RingBuffer, GivesItsMemoryBack) {
    RingBuffer buffer(10'000);
    buffer.append(numbered(3'000, 0));
    buffer.consume(3'000);
    buffer.release();
    EXPECT_EQ(buffer.allocated(), 0U);
    buffer.append(numbered(3, 5));
    EXPECT_EQ(everything(buffer), numbered(3, 5));
}

TEST(RingBufferDeathTest, RefusesToWritePastItsBound) {
    RingBuffer buffer(10);
    EXPECT_DEATH(buffer.write_at(9, numbered(2, 0)), "every queue has a limit");
    EXPECT_DEATH(buffer.consume(1), "only queued bytes");
}

}  // namespace
}  // namespace shunt
