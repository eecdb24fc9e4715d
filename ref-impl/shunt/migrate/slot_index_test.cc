// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/slot_index.hh"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <vector>

#include "shunt/base/drawn_key.hh"
#include "shunt/base/rng.hh"
#include "shunt/wire/tuple.hh"

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

// SEC-6: a client that knows how the tables hash, but not this server's key, finds tuples that
// would fill one bucket of a table without a key. Here they lie as any others do.
TEST(SlotIndex, TuplesChosenToCollideLieApartUnderAnotherKey) {
    constexpr std::size_t kChosen = 400;
    constexpr std::uint64_t kPlaces = 4'096;
    constexpr std::size_t kInOnePlaceMax = 6;  // 7 together: one key in 10^7
    const SipKey guessed{0, 0};
    Rng rng(1);
    const SipKey own = draw_key(rng);
    std::vector<wire::ConnectionTuple> chosen;
    wire::ConnectionTuple tuple;
    tuple.service = wire::Ipv4Address(0x0A070101);
    tuple.service_port = 80;
    for (std::uint32_t i = 0; chosen.size() < kChosen; ++i) {
        tuple.client = wire::Ipv4Address(0x0A000000 + (i >> 16U));
        tuple.client_port = static_cast<std::uint16_t>(i);
        if (tuple.hash(guessed) % kPlaces == 0) chosen.push_back(tuple);
    }
    SlotIndex index;
    std::map<std::uint64_t, std::size_t> places;
    for (Slot slot = 0; slot < kChosen; ++slot) {
        const std::uint64_t hash = chosen[slot].hash(own);
        EXPECT_LE(++places[hash % kPlaces], kInOnePlaceMax);
        index.insert(hash, slot);
    }
    std::size_t compared = 0;
    for (Slot slot = 0; slot < kChosen; ++slot) {
        const auto found = index.find(chosen[slot].hash(own), [&](Slot other) {
            ++compared;
            return chosen[other] == chosen[slot];
        });
        EXPECT_EQ(found, slot);
    }
    EXPECT_EQ(compared, kChosen) << "each tuple is compared with itself alone";
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
