// SPDX-License-Identifier: Apache-2.0
// From the hash of a key to the slot where the key is: open addressing, one cache line looked at in
// nearly every case. It holds no keys; what is found is compared by the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/deadline_heap.hh"

namespace shunt::migrate {

class SlotIndex {
  public:
    using Slot = DeadlineHeap::Slot;

    std::size_t size() const { return size_; }

    /// The slot with this hash for which `is_wanted(slot)` is true.
    template <typename IsWanted>
    std::optional<Slot> find(std::uint64_t hash, IsWanted&& is_wanted) const {
        if (entries_.empty()) return std::nullopt;
        const std::uint32_t tag = tag_of(hash);
        for (std::size_t at = home(tag);; at = next(at)) {
            const Entry& entry = entries_[at];
            if (entry.slot == kNone) return std::nullopt;
            if (entry.tag == tag && is_wanted(entry.slot)) return entry.slot;
        }
    }

    /// `slot` is not in it.
    void insert(std::uint64_t hash, Slot slot);
    /// `slot` is in it, with this hash.
    void erase(std::uint64_t hash, Slot slot);

  private:
    static constexpr Slot kNone = 0xFFFF'FFFF;
    struct Entry {
        std::uint32_t tag = 0;
        Slot slot = kNone;
    };

    // The tag says where an entry belongs, too: growing and closing gaps hash nothing anew.
    static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
    std::size_t home(std::uint32_t tag) const { return tag & (entries_.size() - 1); }
    std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
    std::size_t distance_from_home(std::size_t at) const {
        return (at - home(entries_[at].tag)) & (entries_.size() - 1);
    }
    void place(Entry entry);
    void grow();

    std::vector<Entry> entries_;  // none or a power of two; at most 3/4 of them in use
    std::size_t size_ = 0;
};

}  // namespace shunt::migrate
