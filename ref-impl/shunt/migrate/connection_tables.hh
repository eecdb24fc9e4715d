// SPDX-License-Identifier: Apache-2.0
// The connection tables of a server: one keyed map from tuple to record, one lookup a packet. The
// record's kind says in which of the four tables it is (TAB-1); each kind has its bound (TAB-2).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "shunt/base/deadline_heap.hh"
#include "shunt/base/siphash.hh"
#include "shunt/migrate/record.hh"

namespace shunt::migrate {

using Slot = DeadlineHeap::Slot;

class ConnectionTables {
  public:
    /// By Table: how many records of that kind there may be.
    using Capacities = std::array<std::size_t, kTableCount>;

    ConnectionTables(SipKey key, Capacities capacities);

    std::optional<Slot> find(const wire::ConnectionTuple& tuple) const;
    bool contains(Slot slot) const { return slot < records_.size() && records_[slot] != nullptr; }
    Record& at(Slot slot);
    const Record& at(Slot slot) const;

    bool has_room(Table table) const { return size(table) < capacity(table); }
    std::size_t size(Table table) const { return sizes_[static_cast<std::size_t>(table)]; }
    std::size_t capacity(Table table) const { return capacities_[static_cast<std::size_t>(table)]; }

    /// Adds a record for a tuple that has none, in a table that has room.
    template <typename Kind>
    Slot insert(const wire::ConnectionTuple& tuple, Kind content) {
        return insert_record(std::make_unique<Record>(tuple, std::move(content)));
    }

    /// The record leaves its table for that of `content`, which has room.
    template <typename Kind>
    Kind& change(Slot slot, Kind content) {
        Record& record = at(slot);
        --sizes_[record.content.index()];
        Kind& placed = record.content.template emplace<Kind>(std::move(content));
        count_in(record);
        return placed;
    }

    void erase(Slot slot);

    /// Every slot in use, in the order of tuples, so that dumps are stable.
    std::vector<Slot> sorted_slots() const;

  private:
    struct TupleHash {
        SipKey key;
        std::size_t operator()(const wire::ConnectionTuple& tuple) const {
            return static_cast<std::size_t>(tuple.hash(key));
        }
    };

    Slot insert_record(std::unique_ptr<Record> record);
    void count_in(const Record& record);

    Capacities capacities_;
    std::array<std::size_t, kTableCount> sizes_{};
    absl::flat_hash_map<wire::ConnectionTuple, Slot, TupleHash> by_tuple_;
    std::vector<std::unique_ptr<Record>> records_;  // by slot; null is free
    std::vector<Slot> free_;
};

}  // namespace shunt::migrate
