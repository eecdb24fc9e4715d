// SPDX-License-Identifier: Apache-2.0
// From the hash of a key to the slot where the key is: buckets of one cache line, and what does not
// fit into its own goes into the next that has room. It holds no keys; what is found is compared by
// the caller.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
        if (buckets_.empty()) return std::nullopt;
        const std::uint32_t tag = tag_of(hash);
        for (std::size_t at = home(tag);; at = next(at)) {
            const Bucket& bucket = buckets_[at];
            // All tags are compared before any is looked at: where in its bucket a slot stands is
            // not to be guessed.
            for (unsigned matches = bucket.matches(tag); matches != 0; matches &= matches - 1) {
                const Slot slot = bucket.slots[static_cast<unsigned>(std::countr_zero(matches))];
                if (slot != kNone && is_wanted(slot)) return slot;
            }
            if (!bucket.is_full()) return std::nullopt;
        }
    }

    /// `slot` is not in it.
    void insert(std::uint64_t hash, Slot slot);
    /// `slot` is in it, with this hash.
    void erase(std::uint64_t hash, Slot slot);

  private:
    static constexpr Slot kNone = 0xFFFF'FFFF;
    static constexpr unsigned kBucket = 8;
    using Lanes [[gnu::vector_size(16)]] = std::uint32_t;

    /// Its entries stand in front, without a gap.
    struct alignas(64) Bucket {
        std::array<std::uint32_t, kBucket> tags{};
        std::array<Slot, kBucket> slots{kNone, kNone, kNone, kNone, kNone, kNone, kNone, kNone};

        bool is_full() const { return slots[kBucket - 1] != kNone; }
        /// Bit i: tag i is this one. In lanes, for loops of comparisons are guessed one by one.
        unsigned matches(std::uint32_t tag) const {
            Lanes low;
            Lanes high;
            std::memcpy(&low, tags.data(), sizeof low);
            std::memcpy(&high, tags.data() + kBucket / 2, sizeof high);
            const Lanes wanted = {tag, tag, tag, tag};
            const Lanes hits = (static_cast<Lanes>(low == wanted) & Lanes{1, 2, 4, 8}) |
                               (static_cast<Lanes>(high == wanted) & Lanes{16, 32, 64, 128});
            return hits[0] | hits[1] | hits[2] | hits[3];
        }
        unsigned count() const;
        void append(std::uint32_t tag, Slot slot);
        /// The last entry takes the place of the removed one.
        void remove(unsigned index);
    };

    // The tag says where an entry belongs, too: growing and closing gaps hash nothing anew.
    static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }
    std::size_t home(std::uint32_t tag) const { return tag & (buckets_.size() - 1); }
    std::size_t next(std::size_t at) const { return (at + 1) & (buckets_.size() - 1); }
    std::size_t distance(std::size_t from, std::size_t to) const {
        return (to - from) & (buckets_.size() - 1);
    }
    void place(std::uint32_t tag, Slot slot);
    void grow();
    void close_gap(std::size_t gap);

    std::vector<Bucket> buckets_;  // none or a power of two; at most 3/4 of their places in use
    std::size_t size_ = 0;
};

}  // namespace shunt::migrate
