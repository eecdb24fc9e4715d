// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/deadline_heap.hh"

#include <algorithm>

namespace shunt {
namespace {

// Four 16 byte entries are looked at for the price of one, and the heap is half as deep.
constexpr std::size_t kChildren = 4;

constexpr std::size_t parent_of(std::size_t index) {
    return (index - 1) / kChildren;
}

}  // namespace

std::uint32_t DeadlineHeap::position(Slot slot) const {
    return slot < position_.size() ? position_[slot] : kAbsent;
}

void DeadlineHeap::set(Slot slot, std::optional<Instant> deadline) {
    const std::uint32_t index = position(slot);
    if (!deadline) {
        if (index != kAbsent) remove_at(index);
        return;
    }
    if (slot >= position_.size()) position_.resize(std::size_t{slot} + 1, kAbsent);
    const Entry entry{*deadline, slot};
    if (index == kAbsent) {
        heap_.push_back(entry);
        sift_up(heap_.size() - 1, entry);
    } else if (entry.before(heap_[index])) {
        sift_up(index, entry);
    } else {
        sift_down(index, entry);
    }
}

std::optional<DeadlineHeap::Slot> DeadlineHeap::pop_due(Instant now) {
    if (heap_.empty() || heap_.front().deadline > now) return std::nullopt;
    const Slot slot = heap_.front().slot;
    remove_at(0);
    return slot;
}

void DeadlineHeap::place(std::size_t index, Entry entry) {
    heap_[index] = entry;
    position_[entry.slot] = static_cast<std::uint32_t>(index);
}

void DeadlineHeap::sift_up(std::size_t index, Entry entry) {
    while (index > 0) {
        const std::size_t parent = parent_of(index);
        if (!entry.before(heap_[parent])) break;
        place(index, heap_[parent]);
        index = parent;
    }
    place(index, entry);
}

void DeadlineHeap::sift_down(std::size_t index, Entry entry) {
    for (;;) {
        const std::size_t first = kChildren * index + 1;
        if (first >= heap_.size()) break;
        const std::size_t end = std::min(first + kChildren, heap_.size());
        std::size_t earliest = first;
        for (std::size_t child = first + 1; child < end; ++child) {
            if (heap_[child].before(heap_[earliest])) earliest = child;
        }
        if (!heap_[earliest].before(entry)) break;
        place(index, heap_[earliest]);
        index = earliest;
    }
    place(index, entry);
}

void DeadlineHeap::remove_at(std::size_t index) {
    position_[heap_[index].slot] = kAbsent;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (index == heap_.size()) return;
    // The last entry takes the free place and may belong above or below it.
    if (index > 0 && last.before(heap_[parent_of(index)])) {
        sift_up(index, last);
    } else {
        sift_down(index, last);
    }
}

}  // namespace shunt
