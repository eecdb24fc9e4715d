// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/deadline_heap.hh"

#include <gtest/gtest.h>

#include <map>

#include "shunt/base/rng.hh"

namespace shunt {
namespace {

Instant at(std::int64_t n) {
    return Instant::from_nanoseconds(n);
}

TEST(DeadlineHeap, NothingIsDueBeforeItsTime) {
    DeadlineHeap heap;
    heap.set(3, at(10));
    EXPECT_EQ(heap.pop_due(at(9)), std::nullopt);
    EXPECT_EQ(heap.pop_due(at(10)), 3U);
    EXPECT_EQ(heap.earliest(), std::nullopt);
}

TEST(DeadlineHeap, EqualDeadlinesComeInSlotOrder) {
    DeadlineHeap heap;
    for (DeadlineHeap::Slot slot : {5U, 1U, 9U, 2U})
        heap.set(slot, at(7));
    for (DeadlineHeap::Slot slot : {1U, 2U, 5U, 9U})
        EXPECT_EQ(heap.pop_due(at(7)), slot);
}

TEST(DeadlineHeap, DisarmingWhatIsNotArmedChangesNothing) {
    DeadlineHeap heap;
    heap.set(100, std::nullopt);
    heap.set(1, at(1));
    heap.set(2, std::nullopt);
    EXPECT_EQ(heap.armed(), 1U);
}

TEST(DeadlineHeap, AgreesWithASortedMapThroughRandomMoves) {
    Rng rng(1);
    DeadlineHeap heap;
    std::map<DeadlineHeap::Slot, Instant> model;
    for (int step = 0; step < 20'000; ++step) {
        const auto slot = static_cast<DeadlineHeap::Slot>(rng.below(200));
        if (rng.chance({1, 4})) {
            heap.set(slot, std::nullopt);
            model.erase(slot);
        } else {
            const Instant deadline = at(static_cast<std::int64_t>(rng.below(500)));
            heap.set(slot, deadline);
            model[slot] = deadline;
        }
        if (!rng.chance({1, 3})) continue;
        auto best = model.end();
        for (auto entry = model.begin(); entry != model.end(); ++entry) {
            if (best == model.end() || entry->second < best->second) best = entry;
        }
        ASSERT_EQ(heap.armed(), model.size());
        if (best == model.end()) continue;
        ASSERT_EQ(heap.earliest(), best->second);
        ASSERT_EQ(heap.pop_due(at(1'000)), best->first);
        model.erase(best);
    }
}

}  // namespace
}  // namespace shunt
