// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/slot_index.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::migrate {
namespace {

constexpr std::size_t kBucketsMin = 2;
// The tag has 32 bits.
constexpr std::size_t kBucketsMax = std::size_t{1} << 32;

}  // namespace

unsigned SlotIndex::Bucket::count() const {
    const auto end = std::find(slots.begin(), slots.end(), kNone);
    return static_cast<unsigned>(end - slots.begin());
}

void SlotIndex::Bucket::append(std::uint32_t tag, Slot slot) {
    const unsigned at = count();
    tags[at] = tag;
    slots[at] = slot;
}

void SlotIndex::Bucket::remove(unsigned index) {
    const unsigned last = count() - 1;
    tags[index] = tags[last];
    slots[index] = slots[last];
    tags[last] = 0;
    slots[last] = kNone;
}

void SlotIndex::insert(std::uint64_t hash, Slot slot) {
    SHUNT_ASSERT(slot != kNone, "no slot has the highest number");
    if ((size_ + 1) * 4 > buckets_.size() * kBucket * 3) grow();
    place(tag_of(hash), slot);
    ++size_;
}

void SlotIndex::place(std::uint32_t tag, Slot slot) {
    std::size_t at = home(tag);
    while (buckets_[at].is_full())
        at = next(at);
    buckets_[at].append(tag, slot);
}

void SlotIndex::grow() {
    SHUNT_ASSERT(buckets_.size() < kBucketsMax, "tables are bounded (TAB-2)");
    const std::size_t size = std::max(kBucketsMin, buckets_.size() * 2);
    const std::vector<Bucket> old = std::exchange(buckets_, std::vector<Bucket>(size));
    for (const Bucket& bucket : old) {
        for (unsigned i = 0; i < bucket.count(); ++i)
            place(bucket.tags[i], bucket.slots[i]);
    }
}

void SlotIndex::erase(std::uint64_t hash, Slot slot) {
    SHUNT_ASSERT(size_ > 0, "what is erased was inserted");
    std::size_t at = home(tag_of(hash));
    auto found = std::ranges::find(buckets_[at].slots, slot);
    while (found == buckets_[at].slots.end()) {
        SHUNT_ASSERT(buckets_[at].is_full(), "what is erased was inserted");
        at = next(at);
        found = std::ranges::find(buckets_[at].slots, slot);
    }
    const bool was_full = buckets_[at].is_full();
    buckets_[at].remove(static_cast<unsigned>(found - buckets_[at].slots.begin()));
    --size_;
    if (was_full) close_gap(at);
}

// Every bucket between an entry's own and the one that it is in is full: this is what ends a
// search. So an entry that passed by the bucket that has a place now moves there, and leaves the
// next gap (Knuth, volume 3, 6.4, algorithm R, for buckets).
void SlotIndex::close_gap(std::size_t gap) {
    for (std::size_t at = next(gap); at != gap; at = next(at)) {
        Bucket& bucket = buckets_[at];
        const bool was_full = bucket.is_full();
        for (unsigned i = 0; i < bucket.count(); ++i) {
            if (distance(home(bucket.tags[i]), at) < distance(gap, at)) continue;
            buckets_[gap].append(bucket.tags[i], bucket.slots[i]);
            bucket.remove(i);
            gap = at;
            break;
        }
        if (!was_full) return;
    }
}

}  // namespace shunt::migrate
