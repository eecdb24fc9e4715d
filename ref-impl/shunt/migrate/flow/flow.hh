// SPDX-License-Identifier: Apache-2.0
// What a server knows of one UDP flow: a tuple that ends some time after the client's last datagram
// (docs/protocol/endpoint.md, EP-50). It has no state but where it is served.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/migrate/held_packets.hh"
#include "shunt/migrate/record.hh"
#include "shunt/wire/migration_id.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::migrate {

/// Offered to another server: 0x01 was sent, datagrams wait (EP-51).
struct OfferedFlow {
    explicit OfferedFlow(HeldBudget& budget) : held(budget) {}

    farm::ServerId target = 0;
    wire::MigrationId id;
    Instant started;
    std::size_t times_sent = 0;
    HeldPackets held;
    std::vector<farm::ServerId> candidates;  // still to be tried, best first
};

/// Served by an application of this server.
struct LocalFlow {};

/// Moved away: where to.
struct ForwardedFlow {
    farm::ServerId owner = 0;
    wire::MigrationId id;
    std::uint32_t copy = 0;  // ext: drawn by the owner
};

/// Moved in. Before its release the application sees no datagram of it (EP-13).
struct MovedInFlow {
    explicit MovedInFlow(HeldBudget& budget) : held(budget) {}

    farm::ServerId home = 0;
    wire::MigrationId id;  // base: the flow number is 0
    std::uint32_t copy = 0;
    bool is_released = false;
    HeldPackets held;
    Instant last_offer;  // when its 0x01 came last (EP-15)
    Instant next_acknowledgement;
    std::size_t acknowledgements_repeated = 0;
};

/// A row of the flow table. It is never assigned as a whole: what is held stays with its budget.
struct Flow {
    wire::ConnectionTuple tuple;
    Instant last_heard;  // the client's last datagram
    /// In the order of Table behind a free row's.
    std::variant<std::monostate, OfferedFlow, LocalFlow, ForwardedFlow, MovedInFlow> standing;

    bool is_free() const { return standing.index() == 0; }
    /// Which of the four connection tables lists it. Not of a free row.
    Table table() const { return static_cast<Table>(standing.index() - 1); }
    template <typename Kind>
    Kind* as() {
        return std::get_if<Kind>(&standing);
    }
    template <typename Kind>
    const Kind* as() const {
        return std::get_if<Kind>(&standing);
    }
};

}  // namespace shunt::migrate
