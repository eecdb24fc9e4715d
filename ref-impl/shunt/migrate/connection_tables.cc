// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/connection_tables.hh"

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::migrate {

ConnectionTables::ConnectionTables(SipKey key, Capacities capacities)
    : capacities_(capacities), by_tuple_(0, TupleHash{key}) {}

std::optional<Slot> ConnectionTables::find(const wire::ConnectionTuple& tuple) const {
    const auto entry = by_tuple_.find(tuple);
    if (entry == by_tuple_.end()) return std::nullopt;
    return entry->second;
}

Record& ConnectionTables::at(Slot slot) {
    SHUNT_ASSERT(contains(slot), "a slot is used only while its record lives");
    return *records_[slot];
}

const Record& ConnectionTables::at(Slot slot) const {
    return const_cast<ConnectionTables*>(this)->at(slot);
}

Slot ConnectionTables::insert_record(std::unique_ptr<Record> record) {
    count_in(*record);
    if (free_.empty()) {
        free_.push_back(static_cast<Slot>(records_.size()));
        records_.push_back(nullptr);
    }
    const Slot slot = free_.back();
    free_.pop_back();
    const bool is_new = by_tuple_.emplace(record->tuple, slot).second;
    SHUNT_ASSERT(is_new, "a tuple is in at most one table (TAB-1)");
    records_[slot] = std::move(record);
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
    by_tuple_.erase(record.tuple);
    records_[slot].reset();
    free_.push_back(slot);
}

std::vector<Slot> ConnectionTables::sorted_slots() const {
    std::vector<Slot> slots;
    for (Slot slot = 0; slot < records_.size(); ++slot) {
        if (records_[slot] != nullptr) slots.push_back(slot);
    }
    std::sort(slots.begin(), slots.end(),
              [this](Slot a, Slot b) { return records_[a]->tuple < records_[b]->tuple; });
    return slots;
}

}  // namespace shunt::migrate
