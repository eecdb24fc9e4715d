// SPDX-License-Identifier: Apache-2.0
// Slots that may have something to send, each at most once, first come first served.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "shunt/base/deadline_heap.hh"

namespace shunt::migrate {

class ReadyQueue {
  public:
    using Slot = DeadlineHeap::Slot;

    void push(Slot slot) {
        if (slot >= queued_.size()) queued_.resize(std::size_t{slot} + 1, false);
        if (queued_[slot]) return;
        queued_[slot] = true;
        slots_.push_back(slot);
    }

    std::optional<Slot> pop() {
        if (slots_.empty()) return std::nullopt;
        const Slot slot = slots_.front();
        slots_.pop_front();
        queued_[slot] = false;
        return slot;
    }

    bool empty() const { return slots_.empty(); }

  private:
    std::deque<Slot> slots_;
    std::vector<bool> queued_;
};

}  // namespace shunt::migrate
