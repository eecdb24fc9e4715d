// SPDX-License-Identifier: Apache-2.0
// Slots that may have something to send, each at most once, first come first served: a ring that
// grows by doubling, so that a turn takes no memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "shunt/base/deadline_heap.hh"

namespace shunt {

class ReadyQueue {
  public:
    using Slot = DeadlineHeap::Slot;

    void push(Slot slot) {
        if (slot >= queued_.size()) queued_.resize(std::size_t{slot} + 1, false);
        if (queued_[slot]) return;
        queued_[slot] = true;
        if (size_ == ring_.size()) grow();
        ring_[(first_ + size_) & (ring_.size() - 1)] = slot;
        ++size_;
    }

    std::optional<Slot> pop() {
        if (size_ == 0) return std::nullopt;
        const Slot slot = ring_[first_];
        first_ = (first_ + 1) & (ring_.size() - 1);
        --size_;
        queued_[slot] = false;
        return slot;
    }

    bool empty() const { return size_ == 0; }

  private:
    static constexpr std::size_t kSizeMin = 64;

    void grow() {
        std::rotate(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(first_),
                    ring_.end());
        first_ = 0;
        ring_.resize(std::max(kSizeMin, ring_.size() * 2));
    }

    std::vector<Slot> ring_;  // none or a power of two
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    std::vector<bool> queued_;
};

}  // namespace shunt
