// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/flow/flow_table.hh"

#include <algorithm>

namespace shunt::migrate {

FlowTable::Slot FlowTable::insert(const wire::ConnectionTuple& tuple, Instant now) {
    SHUNT_ASSERT(has_room(), "who adds a flow has asked for room (TAB-2)");
    if (free_.empty()) free_.push_back(rows_.grow());
    const Slot slot = free_.back();
    free_.pop_back();
    Flow& flow = rows_[slot];
    flow.tuple = tuple;
    flow.last_heard = now;
    flow.standing.emplace<LocalFlow>();
    by_tuple_.insert(tuple.hash(key_), slot);
    return slot;
}

void FlowTable::erase(Slot slot) {
    Flow& flow = at(slot);
    by_tuple_.erase(flow.tuple.hash(key_), slot);
    flow.standing.emplace<std::monostate>();
    free_.push_back(slot);
}

std::vector<FlowTable::Slot> FlowTable::sorted_slots() const {
    std::vector<Slot> slots;
    slots.reserve(size());
    for (Slot slot = 0; slot < rows_.size(); ++slot) {
        if (!rows_[slot].is_free()) slots.push_back(slot);
    }
    std::ranges::sort(slots, {}, [&](Slot slot) { return rows_[slot].tuple; });
    return slots;
}

}  // namespace shunt::migrate
