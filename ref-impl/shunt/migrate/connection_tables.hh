// SPDX-License-Identifier: Apache-2.0
// The connection tables of a server: one keyed index from tuple to record, one lookup a packet. The
// record's kind says in which of the four tables it is (TAB-1); each kind has its bound (TAB-2).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/siphash.hh"
#include "shunt/migrate/record.hh"
#include "shunt/migrate/slot_array.hh"
#include "shunt/migrate/slot_index.hh"

namespace shunt::migrate {

using Slot = DeadlineHeap::Slot;

class ConnectionTables {
  public:
    /// By Table: how many records of that kind there may be.
    using Capacities = std::array<std::size_t, kTableCount>;

    ConnectionTables(SipKey key, Capacities capacities);

    std::optional<Slot> find(const wire::ConnectionTuple& tuple) const {
        return by_tuple_.find(tuple.hash(key_),
                              [&](Slot slot) { return rows_[slot].tuple == tuple; });
    }
    bool contains(Slot slot) const { return slot < rows_.size() && !rows_[slot].is_free(); }
    Record& at(Slot slot) {
        SHUNT_ASSERT(contains(slot), "a slot is used only while its record lives");
        return rows_[slot];
    }
    const Record& at(Slot slot) const { return const_cast<ConnectionTables*>(this)->at(slot); }

    /// Room for one more beside those that a place is kept for.
    bool has_room(Table table) const {
        return size(table) + reserved_[static_cast<std::size_t>(table)] < capacity(table);
    }
    /// Keeps a place in a table that has room, for a record that may come or come back.
    void reserve(Table table) {
        SHUNT_ASSERT(has_room(table), "callers ask for room and have an answer if there is none");
        ++reserved_[static_cast<std::size_t>(table)];
    }
    void give_back(Table table) { --reserved_[static_cast<std::size_t>(table)]; }
    std::size_t size(Table table) const { return sizes_[static_cast<std::size_t>(table)]; }
    std::size_t capacity(Table table) const { return capacities_[static_cast<std::size_t>(table)]; }

    /// Adds a record for a tuple that has none, in a table that has room.
    template <typename Kind>
    Slot insert(const wire::ConnectionTuple& tuple, Kind content) {
        return insert_record(Record(tuple, std::move(content)));
    }

    /// The record leaves its table for that of `content`, which has room.
    template <typename Kind>
    Kind& change(Slot slot, Kind content) {
        Record& record = at(slot);
        --sizes_[record.content.index()];
        Kind& placed = record.become(std::move(content));
        count_in(record);
        return placed;
    }

    void erase(Slot slot);

    /// One more than the highest slot that was ever in use.
    std::size_t rows() const { return rows_.size(); }

    /// Every slot in use, in the order of tuples, so that dumps are stable.
    std::vector<Slot> sorted_slots() const;

  private:
    Slot insert_record(Record record);
    void count_in(const Record& record);

    Capacities capacities_;
    std::array<std::size_t, kTableCount> sizes_{};
    std::array<std::size_t, kTableCount> reserved_{};
    SipKey key_;
    SlotIndex by_tuple_;
    SlotArray<Record> rows_;
    std::vector<Slot> free_;
};

}  // namespace shunt::migrate
