// SPDX-License-Identifier: Apache-2.0
// The TCP connections of a host by their two ends, with or without a socket: those that wait to be
// accepted, those whose socket was closed, and those in TIME-WAIT are in it too.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/base/siphash.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/config.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/tcp/identity.hh"

namespace shunt::stack {

/// Its own settings, because the options of its socket may change them.
struct HostConnection {
    HostConnection(std::unique_ptr<tcp::Config> settings, tcp::Connection made)
        : config(std::move(settings)), connection(std::move(made)) {}

    std::unique_ptr<tcp::Config> config;  // before the connection, which keeps a pointer to it
    tcp::Connection connection;
    /// Index of its socket; none: nobody reads or writes it.
    std::optional<std::uint32_t> socket;
    /// Index of the listening socket that it waits at.
    std::optional<std::uint32_t> listener;
    /// When it is reset if it has not ended (Linger).
    std::optional<Instant> given_up;
    /// Segments find it; not once it has ended.
    bool is_listed = true;
};

class ConnectionTable {
  public:
    using Slot = std::uint32_t;

    /// `key` keeps an outsider from choosing tuples that collide.
    explicit ConnectionTable(SipKey key) : by_identity_(0, Hash{key}) {}

    std::optional<Slot> find(const tcp::Identity& identity) const;
    /// `made` has ends that no listed connection has.
    Slot insert(std::unique_ptr<HostConnection> made);
    /// It has ended: its ends are free for another.
    void unlist(Slot slot);
    /// It is unlisted.
    void erase(Slot slot);

    /// Slots in use lie below this one.
    Slot slot_end() const { return static_cast<Slot>(rows_.size()); }
    bool contains(Slot slot) const { return slot < rows_.size() && rows_[slot] != nullptr; }
    HostConnection& at(Slot slot);
    const HostConnection& at(Slot slot) const {
        return const_cast<ConnectionTable*>(this)->at(slot);
    }
    std::size_t size() const { return rows_.size() - free_.size(); }
    /// True if a listed connection has that local port.
    bool has_local_port(std::uint16_t port) const { return local_ports_.contains(port); }

  private:
    struct Hash {
        std::size_t operator()(const tcp::Identity& identity) const;
        SipKey key;
    };

    std::vector<std::unique_ptr<HostConnection>> rows_;
    std::vector<Slot> free_;
    absl::flat_hash_map<tcp::Identity, Slot, Hash> by_identity_;
    std::map<std::uint16_t, std::size_t> local_ports_;  // how many have it
};

}  // namespace shunt::stack
