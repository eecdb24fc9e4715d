// SPDX-License-Identifier: Apache-2.0
// The home's side of endpoint migration: whom what another server says concerns, an attempt under
// way, a connection that has moved away, or one that comes back (docs/protocol/endpoint.md, EP-9,
// EP-10, EP-14, EP-16, EP-45).
#pragma once

#include <optional>
#include <utility>

#include "shunt/migrate/endpoint/departures.hh"
#include "shunt/migrate/endpoint/exchange.hh"
#include "shunt/migrate/endpoint/forwarded_packets.hh"
#include "shunt/migrate/endpoint/forwards.hh"
#include "shunt/migrate/endpoint/homecomings.hh"

namespace shunt::migrate::endpoint {

class HomeSide {
  public:
    /// `tcp_config` outlives the endpoints that are made with it.
    HomeSide(Context& context, Exchange& exchange, const tcp::Config& tcp_config)
        : context_(context),
          exchange_(exchange),
          messages_(exchange.messages),
          departures_(context, messages_, exchange.attempts),
          forwards_(context, messages_),
          homecomings_(context, messages_, exchange.imports, tcp_config) {}

    /// Freezes the endpoint, in use or not bound yet, and sends the first 0x01 (EP-4, EP-40).
    Result<wire::MigrationId, MoveRefusal> start_move(Slot slot, farm::ServerId target,
                                                      Instant now);
    /// A client packet, from its IPv4 header on, while the endpoint is frozen or undecided (EP-5).
    void hold(Slot slot, Packet packet) { departures_.hold(slot, std::move(packet)); }
    /// A client packet of a connection that has moved away: out as 0x02 (EP-20, EP-21). True if the
    /// record's deadline has come nearer by it.
    bool forward(Slot slot, Packet packet, Instant now) {
        return forwards_.forward(slot, std::move(packet), now);
    }

    /// After an attempt that failed: the endpoint in use is Local again (EP-44). Returns the
    /// packets that were held.
    std::vector<Packet> take_back(Slot slot) { return departures_.take_back(slot); }

    // Each of the following by the frame that says it, or as what was said, however it came.

    /// 0x01: an owner returns its endpoint (EP-45). Returns the slot that went to Local by it.
    std::optional<Slot> handle_connection(const EncapsulatedFrame& frame, Instant now);
    std::optional<Slot> handle_offer(const Offer& offer, Instant now) {
        return homecomings_.handle_offer(offer, now);
    }
    /// 0x12 of such a return, likewise.
    std::optional<Slot> handle_data(const EncapsulatedFrame& frame, Instant now);
    /// 0x02 that a present or former owner sends back (EP-27). Nothing: it may not come from there.
    std::optional<ForwardedPackets::Received> take_returned(ForwardedPackets::Received received,
                                                            Instant now);

    /// 0x03. Returns the slot whose record went to Forward by it (EP-9).
    std::optional<Slot> handle_acknowledgement(const EncapsulatedFrame& frame, Instant now);
    std::optional<Slot> handle_acknowledgement(farm::ServerId from,
                                               const wire::ConnectionTuple& tuple,
                                               const wire::MigrationCopy& named, Instant now);
    /// 0x10. Returns the slot that fell back by it (EP-6, EP-14), or was erased (EP-23).
    std::optional<Slot> handle_reject(const EncapsulatedFrame& frame, Instant now);
    std::optional<Slot> handle_reject(farm::ServerId from, const wire::ConnectionTuple& tuple,
                                      const wire::RejectMessage& reject, Instant now) {
        return follow_reject(context_.tables.find(tuple), from, reject, now);
    }
    /// 0x11 from an owner whose endpoint has closed (EP-30, EP-31). Returns its slot.
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame, Instant now) {
        return forwards_.handle_release(frame, now);
    }
    std::optional<Slot> handle_release(farm::ServerId from, const wire::ConnectionTuple& tuple,
                                       const wire::MigrationCopy& released, Instant now) {
        return forwards_.handle_release(context_.tables.find(tuple), from, released, now);
    }
    /// A commit was answered: the owner acts.
    void handle_commit_answer(farm::ServerId from, const wire::ConnectionTuple& tuple,
                              const wire::MigrationCopy& named, Instant now);
    /// A blob of that flow, or its answer, is lost. Returns the slot that fell back by it.
    std::optional<Slot> handle_loss(const wire::ConnectionTuple& tuple, wire::FlowId flow,
                                    Instant now);
    /// The answer to an eager blob is that its host did not take it. Returns the slot that was
    /// erased.
    std::optional<Slot> handle_eager_refusal(const wire::ConnectionTuple& tuple, wire::FlowId flow);

    /// When a migrating or forwarded record wants attention.
    std::optional<Instant> deadline(const Record& record) const;
    /// Repeats the offer. True: the attempt failed and the endpoint is frozen no more (EP-6).
    bool handle_attempt_deadline(Slot slot, Instant now) {
        return departures_.handle_deadline(slot, now);
    }
    /// Erases a Forward record that nobody used for long (EP-31). True: it is gone. `may_ask`: its
    /// owner, before that.
    bool handle_forward_deadline(Slot slot, bool may_ask, Instant now);

  private:
    bool is_expected(Slot slot, farm::ServerId from,
                     const std::optional<wire::MigrationCopy>& named, Instant now) const;
    std::optional<Slot> follow_acknowledgement(Slot slot, farm::ServerId from,
                                               const std::optional<wire::MigrationCopy>& named,
                                               Instant now);
    std::optional<Slot> follow_reject(std::optional<Slot> slot, farm::ServerId from,
                                      const wire::RejectMessage& reject, Instant now);
    void refuse_stale(const EncapsulatedFrame& frame, std::optional<Slot> slot, Instant now);
    std::optional<Slot> slot_of(const EncapsulatedFrame& frame) const;

    Context& context_;
    Exchange& exchange_;
    Messages& messages_;
    Departures departures_;
    Forwards forwards_;
    Homecomings homecomings_;
};

}  // namespace shunt::migrate::endpoint
