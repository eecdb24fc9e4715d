// SPDX-License-Identifier: Apache-2.0
// The UDP flows of a server: those of the four connection tables together, under one bound (TAB-2).
// A flow costs a client one datagram, so that flows must not crowd out connections.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/siphash.hh"
#include "shunt/migrate/flow/flow.hh"
#include "shunt/migrate/slot_array.hh"
#include "shunt/migrate/slot_index.hh"

namespace shunt::migrate {

class FlowTable {
  public:
    using Slot = DeadlineHeap::Slot;

    FlowTable(SipKey key, std::size_t capacity) : key_(key), capacity_(capacity) {}

    std::optional<Slot> find(const wire::ConnectionTuple& tuple) const {
        return by_tuple_.find(tuple.hash(key_),
                              [&](Slot slot) { return rows_[slot].tuple == tuple; });
    }
    bool contains(Slot slot) const { return slot < rows_.size() && !rows_[slot].is_free(); }
    Flow& at(Slot slot) {
        SHUNT_ASSERT(contains(slot), "a slot is used only while its flow lasts");
        return rows_[slot];
    }
    const Flow& at(Slot slot) const { return const_cast<FlowTable*>(this)->at(slot); }

    bool has_room() const { return by_tuple_.size() < capacity_; }
    std::size_t size() const { return by_tuple_.size(); }

    /// Adds a flow, served here, for a tuple that has none, in a table that has room.
    Slot insert(const wire::ConnectionTuple& tuple, Instant now);
    void erase(Slot slot);

    /// Every slot in use, in the order of tuples, so that dumps are stable.
    std::vector<Slot> sorted_slots() const;

  private:
    SipKey key_;
    std::size_t capacity_;
    SlotIndex by_tuple_;
    SlotArray<Flow> rows_;
    std::vector<Slot> free_;
};

}  // namespace shunt::migrate
