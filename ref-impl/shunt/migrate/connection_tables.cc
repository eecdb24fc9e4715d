// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/connection_tables.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::migrate {

ConnectionTables::ConnectionTables(SipKey key, Capacities capacities)
    : capacities_(capacities), key_(key) {}

Slot ConnectionTables::insert_record(Record record) {
    count_in(record);
    if (free_.empty()) free_.push_back(rows_.grow());
    const Slot slot = free_.back();
    free_.pop_back();
    SHUNT_ASSERT(!find(record.tuple), "a tuple is in at most one table (TAB-1)");
    by_tuple_.insert(record.tuple.hash(key_), slot);
    rows_[slot] = std::move(record);
    return slot;
}

void ConnectionTables::count_in(const Record& record) {
    SHUNT_ASSERT(has_room(record.table()),
                 "callers ask for room and have an answer if there is none");
    ++sizes_[record.content.index()];
}

void ConnectionTables::erase(Slot slot) {
    const Record& record = at(slot);
    --sizes_[record.content.index()];
    by_tuple_.erase(record.tuple.hash(key_), slot);
    rows_[slot] = Record();
    free_.push_back(slot);
}

std::vector<Slot> ConnectionTables::sorted_slots() const {
    std::vector<Slot> slots;
    for (Slot slot = 0; slot < rows_.size(); ++slot) {
        if (contains(slot)) slots.push_back(slot);
    }
    std::sort(slots.begin(), slots.end(),
              [this](Slot a, Slot b) { return rows_[a].tuple < rows_[b].tuple; });
    return slots;
}

}  // namespace shunt::migrate
