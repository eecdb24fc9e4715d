// SPDX-License-Identifier: Apache-2.0
// The home's side of a UDP flow that moves: offer, hold, release, forward (docs/protocol/
// endpoint.md, EP-50 to EP-52; EP-5, EP-6, EP-9, EP-16, EP-20 as for connections).
#pragma once

#include <optional>
#include <vector>

#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/migrate/flow/flow_table.hh"
#include "shunt/wire/migration_id.hh"

namespace shunt::migrate {

class FlowHome {
  public:
    using Slot = FlowTable::Slot;

    /// Both outlive it. `first_number`: random at boot.
    FlowHome(endpoint::Context& context, FlowTable& flows, std::uint32_t first_number);

    /// Offers the flow to the first of `candidates` that may be asked (EP-51). False: there is
    /// none, and nothing changes.
    bool offer(Slot slot, std::vector<farm::ServerId> candidates, Instant now);
    /// A datagram, from its IPv4 header on, of a flow that is offered (EP-5).
    void hold(Slot slot, Packet packet);
    /// A datagram of a flow that has moved away: out as 0x02 (EP-20, EP-21).
    void forward(Slot slot, Packet packet, Instant now);

    /// 0x03. Returns the slot whose flow has moved by it.
    std::optional<Slot> handle_acknowledgement(const EncapsulatedFrame& frame, Instant now);
    /// 0x10. Returns the slot of an offer that was refused: another one goes, or the flow stays. Or
    /// of a flow that its owner does not know: it is erased (EP-23).
    std::optional<Slot> handle_reject(const EncapsulatedFrame& frame, Instant now);
    /// 0x11 from an owner: the flow has ended there, and so it has here (EP-30).
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame);

    /// When an offered, local or forwarded flow wants attention.
    Instant deadline(const Flow& flow) const;
    /// Repeats an offer. True: it failed; another one goes, or the flow stays (EP-6).
    bool handle_offer_deadline(Slot slot, Instant now);
    /// The next candidate has its turn. False: there is none.
    bool offer_next(Slot slot, Instant now);

  private:
    bool may_offer(const Flow& flow, farm::ServerId target, Instant now);
    std::uint32_t next_flow_number();
    void send_offer(const Flow& flow, OfferedFlow& offered, Instant now);
    void accept(Slot slot, std::uint32_t copy, Instant now);
    void release_target(const Flow& flow, Instant now);
    void refuse_stale(const EncapsulatedFrame& frame, Instant now);
    std::optional<Slot> handle_unknown(Slot slot, const wire::MigrationId& unknown, Instant now);

    endpoint::Context& context_;
    endpoint::Messages messages_;
    FlowTable& flows_;
    std::uint32_t flow_number_;  // of the last attempt
};

}  // namespace shunt::migrate
