// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/event_queue.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::sim {

void EventQueue::push(Delivery delivery) {
    std::uint32_t slot = 0;
    if (free_slots_.empty()) {
        slot = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
    } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
    }
    heap_.push_back({delivery.time, inserted_++, slot});
    slots_[slot] = std::move(delivery);
    std::push_heap(heap_.begin(), heap_.end(),
                   [](const Entry& a, const Entry& b) { return a.after(b); });
}

Delivery EventQueue::pop() {
    SHUNT_ASSERT(!heap_.empty(), "earliest() is asked first");
    std::pop_heap(heap_.begin(), heap_.end(),
                  [](const Entry& a, const Entry& b) { return a.after(b); });
    const std::uint32_t slot = heap_.back().slot;
    heap_.pop_back();
    free_slots_.push_back(slot);
    return std::move(slots_[slot]);
}

}  // namespace shunt::sim
