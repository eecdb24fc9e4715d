// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/connection_table.hh"

#include "shunt/base/assert.hh"

namespace shunt::stack {

std::size_t ConnectionTable::Hash::operator()(const tcp::Identity& identity) const {
    const std::uint64_t addresses =
        std::uint64_t{identity.local_address.value()} << 32 | identity.remote_address.value();
    const std::uint64_t ports =
        std::uint64_t{identity.local_port} << 16 | std::uint64_t{identity.remote_port};
    return static_cast<std::size_t>(siphash_2_4(key, addresses, ports, 12));
}

std::optional<ConnectionTable::Slot> ConnectionTable::find(const tcp::Identity& identity) const {
    const auto found = by_identity_.find(identity);
    if (found == by_identity_.end()) return std::nullopt;
    return found->second;
}

ConnectionTable::Slot ConnectionTable::insert(std::unique_ptr<HostConnection> made) {
    if (free_.empty()) {
        free_.push_back(static_cast<Slot>(rows_.size()));
        rows_.emplace_back();
    }
    const Slot slot = free_.back();
    const tcp::Identity& identity = made->connection.identity();
    const bool is_new = by_identity_.emplace(identity, slot).second;
    SHUNT_ASSERT(is_new, "two connections of a host differ in an end");
    ++local_ports_[identity.local_port];
    free_.pop_back();
    rows_[slot] = std::move(made);
    return slot;
}

void ConnectionTable::unlist(Slot slot) {
    HostConnection& row = at(slot);
    if (!std::exchange(row.is_listed, false)) return;
    const tcp::Identity& identity = row.connection.identity();
    by_identity_.erase(identity);
    const auto port = local_ports_.find(identity.local_port);
    if (--port->second == 0) local_ports_.erase(port);
}

void ConnectionTable::erase(Slot slot) {
    SHUNT_ASSERT(!at(slot).is_listed, "a connection is unlisted before it goes");
    rows_[slot].reset();
    free_.push_back(slot);
}

HostConnection& ConnectionTable::at(Slot slot) {
    SHUNT_ASSERT(contains(slot), "a slot is used only while its connection is here");
    return *rows_[slot];
}

}  // namespace shunt::stack
