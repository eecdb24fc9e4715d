// SPDX-License-Identifier: Apache-2.0
// A 0x01 as its receiver looks at it: an endpoint that another server offers (EP-7, EP-45).
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/siphash.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/tcp/snapshot.hh"
#include "shunt/wire/control_block.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/migration_id.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::migrate::endpoint {

struct Offer {
    farm::ServerId from = 0;
    wire::ConnectionTuple tuple;
    wire::MigrationId id;
    wire::ControlBlock block;
    /// Of the payload: tells attempts of devices apart that write no epoch (TCB-4).
    std::uint64_t fingerprint = 0;
    /// Of what comes as a blob: its name, and all of it, which lives as long as the call that this
    /// is handed to.
    std::optional<wire::FlowId> flow{};
    const tcp::Snapshot* whole = nullptr;
    bool is_eager = false;  // released by itself (BL-14)

    tcp::Identity identity() const {
        return {tuple.service, tuple.service_port, tuple.client, tuple.client_port};
    }
};

/// Reads a 0x01; what contradicts itself is counted, and nothing. From whom it may come is the
/// caller's to check (SEC-12).
std::optional<Offer> read_offer(const EncapsulatedFrame& frame, SipKey fingerprint_key,
                                Counters& counters);

/// What a message with an ID is about.
inline wire::ConnectionTuple tuple_of(const wire::EncapsulationView& view,
                                      const wire::MigrationId& id) {
    return {view.source(), view.source_port(), id.service, id.service_port, view.protocol()};
}

}  // namespace shunt::migrate::endpoint
