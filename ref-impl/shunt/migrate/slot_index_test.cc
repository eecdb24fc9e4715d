// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/slot_index.hh"

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "shunt/base/rng.hh"

namespace shunt::migrate {
namespace {

using Slot = SlotIndex::Slot;

std::optional<Slot> find(const SlotIndex& index, std::uint64_t hash, Slot wanted) {
    return index.find(hash, [&](Slot slot) { return slot == wanted; });
}

TEST(SlotIndex, FindsNothingWhereNothingIs) {
    const SlotIndex index;
    EXPECT_EQ(find(index, 1, 1), std::nullopt);
}

TEST(SlotIndex, TellsSlotsOfEqualHashesApart) {
    SlotIndex index;
    index.insert(7, 1);
    index.insert(7, 2);
    EXPECT_EQ(find(index, 7, 1), 1U);
    EXPECT_EQ(find(index, 7, 2), 2U);
    EXPECT_EQ(find(index, 7, 3), std::nullopt);
    index.erase(7, 1);
    EXPECT_EQ(find(index, 7, 1), std::nullopt);
    EXPECT_EQ(find(index, 7, 2), 2U);
}

TEST(SlotIndex, WhatOverflowsItsBucketComesBackWhenThereIsRoom) {
    SlotIndex index;  // two buckets of 8, 12 entries at most
    for (Slot slot = 0; slot < 10; ++slot)
        index.insert(1, slot);  // the last two overflow, around the end
    index.insert(0, 10);
    index.erase(1, 3);
    index.erase(1, 4);
    for (Slot slot = 0; slot < 10; ++slot)
        EXPECT_EQ(find(index, 1, slot).has_value(), slot != 3 && slot != 4) << slot;
    EXPECT_EQ(find(index, 0, 10), 10U);
    EXPECT_EQ(index.size(), 9U);
}

// Few different hashes make long runs; a plain map says what has to be found.
TEST(SlotIndex, DoesWhatAMapDoes) {
    for (const std::uint64_t hashes : {8U, 64U, 1'000'000U}) {
        Rng rng(hashes);
        SlotIndex index;
        std::map<Slot, std::uint64_t> expected;  // by slot: its hash
        for (int step = 0; step < 20'000; ++step) {
            const auto slot = static_cast<Slot>(rng.below(200));
            const auto known = expected.find(slot);
            if (known == expected.end()) {
                const std::uint64_t hash = rng.below(hashes);
                index.insert(hash, slot);
                expected.emplace(slot, hash);
            } else {
                index.erase(known->second, slot);
                expected.erase(known);
            }
            ASSERT_EQ(index.size(), expected.size());
            const auto other = static_cast<Slot>(rng.below(200));
            const auto there = expected.find(other);
            const std::uint64_t hash = there == expected.end() ? rng.below(hashes) : there->second;
            ASSERT_EQ(find(index, hash, other).has_value(), there != expected.end())
                << "seed " << hashes << ", step " << step;
        }
    }
}

}  // namespace
}  // namespace shunt::migrate
