// SPDX-License-Identifier: Apache-2.0
// UDP flows of a server, its own services' and those that have moved in: what a datagram or a frame
// of the farm means for them, and when they end (docs/protocol/endpoint.md, EP-50 to EP-52).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/deadline_heap.hh"
#include "shunt/base/rng.hh"
#include "shunt/migrate/flow/flow_home.hh"
#include "shunt/migrate/flow/flow_target.hh"

namespace shunt::migrate {

/// Why a flow is not offered to a server now.
enum class FlowRefusal : std::uint8_t {
    MovedIn,        // it moves from its home only
    AlreadyMoving,  // an offer is unanswered
    NotOffered      // the server is this one, or was asked lately (EP-18, EP-29)
};

/// The refusal in words, as the control socket prints it.
const char* describe(FlowRefusal refusal);

class Flows {
  public:
    using Slot = FlowTable::Slot;

    /// `context` outlives it. `rng` is its own: what it draws shifts nothing for connections.
    Flows(endpoint::Context& context, Rng rng, std::size_t capacity);

    const FlowTable& table() const { return table_; }

    /// Where a flow's datagrams go, if there is one.
    const Flow* find(const wire::ConnectionTuple& tuple) const {
        const auto slot = table_.find(tuple);
        return slot ? &table_.at(*slot) : nullptr;
    }
    /// The first datagram of a client: of a new flow, which is offered to the `candidates` in turn,
    /// and served here if none takes it. False: no room for one more (TAB-2).
    bool open(const wire::ConnectionTuple& tuple, Packet packet,
              std::vector<farm::ServerId> candidates, Instant now);
    /// A further one; there is a flow of that tuple, and this server is its home.
    void handle_datagram(const wire::ConnectionTuple& tuple, Packet packet, Instant now);
    /// A verified frame of the farm whose Protocol is UDP.
    void handle_frame(EncapsulatedFrame frame, Instant now);
    /// A flow of this server's own service, at an operator's word.
    std::optional<FlowRefusal> move(const wire::ConnectionTuple& tuple, farm::ServerId to,
                                    Instant now);

    /// EP-33, CTL-7: what that server has taken goes; a next datagram begins a new flow.
    void abandon_owner(farm::ServerId owner);
    /// CTL-7: so does what has moved in from there, silently.
    void drop_moved_in_from(farm::ServerId home);

    /// The next datagram for an application here; call until there is none.
    std::optional<FlowDelivery> poll_delivery() { return deliveries_.pop(); }

    std::optional<Instant> poll_deadline() const;
    void handle_deadline(Instant now);

  private:
    void handle_release(const EncapsulatedFrame& frame);
    void settle(Slot slot);
    void serve_here(Slot slot, Instant now);
    void handle_flow_deadline(Slot slot, Instant now);

    endpoint::Context& context_;
    Rng rng_;
    FlowTable table_;
    FlowDeliveries deliveries_;
    FlowHome home_;
    FlowTarget target_;
    DeadlineHeap deadlines_;
};

}  // namespace shunt::migrate
