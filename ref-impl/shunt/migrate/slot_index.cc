// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/slot_index.hh"

#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::migrate {
namespace {

constexpr std::size_t kEntriesMin = 16;
// The tag has 32 bits.
constexpr std::size_t kEntriesMax = std::size_t{1} << 32;

}  // namespace

void SlotIndex::insert(std::uint64_t hash, Slot slot) {
    SHUNT_ASSERT(slot != kNone, "no slot has the highest number");
    if ((size_ + 1) * 4 > entries_.size() * 3) grow();
    place({tag_of(hash), slot});
    ++size_;
}

void SlotIndex::place(Entry entry) {
    std::size_t at = home(entry.tag);
    while (entries_[at].slot != kNone)
        at = next(at);
    entries_[at] = entry;
}

void SlotIndex::grow() {
    SHUNT_ASSERT(entries_.size() < kEntriesMax, "tables are bounded (TAB-2)");
    const std::size_t size = entries_.empty() ? kEntriesMin : entries_.size() * 2;
    const std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(size));
    for (const Entry& entry : old) {
        if (entry.slot != kNone) place(entry);
    }
}

// Knuth, volume 3, 6.4, algorithm R: what stands behind the gap and may stand in it moves there, so
// that no search ends too early and no mark of what was deleted stays.
void SlotIndex::erase(std::uint64_t hash, Slot slot) {
    SHUNT_ASSERT(size_ > 0, "what is erased was inserted");
    std::size_t gap = home(tag_of(hash));
    while (entries_[gap].slot != slot) {
        SHUNT_ASSERT(entries_[gap].slot != kNone, "what is erased was inserted");
        gap = next(gap);
    }
    for (std::size_t at = next(gap); entries_[at].slot != kNone; at = next(at)) {
        const std::size_t behind_gap = (at - gap) & (entries_.size() - 1);
        if (distance_from_home(at) < behind_gap) continue;
        entries_[gap] = entries_[at];
        gap = at;
    }
    entries_[gap] = Entry{};
    --size_;
}

}  // namespace shunt::migrate
