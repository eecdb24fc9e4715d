// SPDX-License-Identifier: Apache-2.0
// The target's side of a UDP flow that moves: take over, acknowledge, wait for the release, hand
// datagrams to the application (docs/protocol/endpoint.md, EP-50 to EP-52; EP-7, EP-8, EP-13 to
// EP-17, EP-22, EP-23 as for connections).
#pragma once

#include <optional>

#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/forwarded_packets.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/migrate/flow/flow_delivery.hh"
#include "shunt/migrate/flow/flow_table.hh"
#include "shunt/wire/migration_id.hh"

namespace shunt::migrate {

class FlowTarget {
  public:
    using Slot = FlowTable::Slot;

    /// All outlive it.
    FlowTarget(endpoint::Context& context, FlowTable& flows, FlowDeliveries& deliveries, Rng& rng);

    /// 0x01. Returns the slot whose flow was made, replaced or asked for again by it.
    std::optional<Slot> handle_connection(const EncapsulatedFrame& frame, Instant now);
    /// 0x02. Returns the slot that it belongs to.
    std::optional<Slot> handle_forwarded(EncapsulatedFrame frame, Instant now);
    /// 0x14 (ext). Returns the slot that it released.
    std::optional<Slot> handle_go(const EncapsulatedFrame& frame, Instant now);
    /// 0x11 (ext): the home does not want this copy. Returns the slot that was erased.
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame);

    /// When a flow that has moved in wants attention.
    Instant deadline(const Flow& flow) const;
    /// Repeats an 0x03, or ends the flow.
    void handle_deadline(Slot slot, Instant now);

    /// Of datagrams that wait for their flow, and of fragments.
    std::optional<Instant> early_deadline() const { return forwarded_.deadline(); }
    void handle_early_deadline(Instant now) { forwarded_.handle_deadline(now); }

  private:
    bool may_replace(const MovedInFlow& flow, const wire::MigrationId& offered) const;
    std::optional<Slot> take_over(const wire::ConnectionTuple& tuple, const wire::MigrationId& id,
                                  farm::ServerId home, Instant now);
    void release(Slot slot, Instant now);
    void acknowledge(const Flow& flow, Instant now);
    Duration acknowledgement_pause(std::size_t repeated) const;
    void end(Slot slot, Instant now);

    endpoint::Context& context_;
    FlowTable& flows_;
    FlowDeliveries& deliveries_;
    Rng& rng_;
    endpoint::Messages messages_;
    endpoint::ForwardedPackets forwarded_;
};

}  // namespace shunt::migrate
