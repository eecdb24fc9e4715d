// SPDX-License-Identifier: Apache-2.0
// The target's side of endpoint migration: wait for the release, serve, and what a home says about
// an endpoint that is here (docs/protocol/endpoint.md, EP-13, EP-14, EP-16, EP-22, EP-23, EP-30,
// EP-46).
#pragma once

#include <optional>
#include <utility>

#include "shunt/migrate/endpoint/arrivals.hh"
#include "shunt/migrate/endpoint/exchange.hh"
#include "shunt/migrate/endpoint/forwarded_packets.hh"
#include "shunt/migrate/endpoint/returns.hh"

namespace shunt::migrate::endpoint {

class TargetSide {
  public:
    /// `tcp_config` outlives the endpoints that are made with it.
    TargetSide(Context& context, Exchange& exchange, const tcp::Config& tcp_config)
        : context_(context),
          exchange_(exchange),
          messages_(exchange.messages),
          forwarded_(context, messages_),
          arrivals_(context, messages_, exchange.imports, forwarded_.early(), tcp_config),
          returns_(context, messages_, exchange.attempts) {}

    // What a home says: by the frame that says it, or as what was said, however it came.

    /// 0x01. Returns the slot whose endpoint was made or replaced by it.
    std::optional<Slot> handle_connection(const EncapsulatedFrame& frame, Instant now);
    /// `offer` is from the home of its service (SEC-12).
    std::optional<Slot> handle_offer(const Offer& offer, Instant now);
    /// 0x12. Returns the slot whose endpoint was made by it.
    std::optional<Slot> handle_data(const EncapsulatedFrame& frame, Instant now);
    /// 0x02, whichever side it is for: the client's packet that it brings or completes.
    std::optional<ForwardedPackets::Received> receive_forwarded(EncapsulatedFrame frame,
                                                                Instant now) {
        return forwarded_.receive(std::move(frame), now);
    }
    /// Such a packet of another server's service. Returns the slot whose endpoint has processed
    /// something by it.
    std::optional<Slot> handle_forwarded(ForwardedPackets::Received received, Instant now);

    /// Offers an endpoint that is in use here back to its home (EP-46).
    Result<wire::MigrationId, MoveRefusal> start_return(Slot slot, Instant now) {
        return returns_.start(slot, now);
    }
    /// 0x03 from the home to which an endpoint is offered back. Returns the slot that was erased.
    std::optional<Slot> handle_acknowledgement(const EncapsulatedFrame& frame, Instant now);
    std::optional<Slot> handle_acknowledgement(farm::ServerId from,
                                               const wire::ConnectionTuple& tuple,
                                               const wire::MigrationId& accepted, Instant now);
    /// A blob with a return went by a channel that is lost, and goes by another one.
    void offer_again(Slot slot, Instant now) { returns_.offer_again(slot, now); }
    /// The home cannot have what a return brought (Returns).
    bool take_back(const wire::ConnectionTuple& tuple, wire::FlowId flow, bool is_error) {
        const auto slot = context_.tables.find(tuple);
        return slot && returns_.take_back(*slot, flow, is_error);
    }
    /// 0x10 likewise. Returns the slot whose endpoint goes on here, or was erased (EP-46).
    std::optional<Slot> handle_reject(const EncapsulatedFrame& frame, Instant now);
    std::optional<Slot> handle_reject(farm::ServerId from, const wire::ConnectionTuple& tuple,
                                      const wire::RejectMessage& reject, Instant now);
    /// 0x14 (ext). Returns the slot that it released.
    std::optional<Slot> handle_go(const EncapsulatedFrame& frame, Instant now);
    std::optional<Slot> handle_go(farm::ServerId from, const wire::ConnectionTuple& tuple,
                                  const wire::MigrationCopy& go, Instant now);
    /// 0x11 (ext): the home does not want this copy. Returns the slot that was erased.
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame);
    std::optional<Slot> handle_release(farm::ServerId from, const wire::ConnectionTuple& tuple,
                                       const wire::MigrationCopy& unwanted);

    /// EP-33: a released endpoint stops, and asks to go on (Arrivals).
    void suspend(Slot slot, Instant now) { arrivals_.suspend(slot, now); }
    void ask_again(Slot slot, Instant now) { arrivals_.ask_again(slot, now); }

    /// Of an endpoint that acts the next 0x03 (EP-31). Of one that does not: unreleased, its next
    /// 0x03, or its end (EP-15); offered back, its next 0x01, or its end (EP-46).
    Instant deadline(const ForwardConnectEndpoint& endpoint) const;
    /// True: the endpoint was dropped silently and its record is gone.
    bool handle_deadline(Slot slot, Instant now);

    /// Of packets that wait for their endpoint, and of fragments.
    std::optional<Instant> early_deadline() const { return forwarded_.deadline(); }
    void handle_early_deadline(Instant now) { forwarded_.handle_deadline(now); }

    /// Tells the home that the endpoint has closed (EP-30), or, where the base set has no word for
    /// that, remembers that its attempt is over (EP-8); the caller erases the record.
    void announce_closed(const Record& record, Instant now);

  private:
    /// An owner answers a home that asks no more often (EP-31).
    static constexpr Duration kAnswerPause = Duration::seconds(1);

    Instant report_at(const ForwardConnectEndpoint& endpoint) const;
    std::optional<Slot> note_arrival(std::optional<Slot> slot);
    bool gives_way(Slot slot, ForwardedPackets::Received& received, Instant now);
    std::optional<Slot> handle_unreleased(Slot slot, Packet packet, Instant now);
    void release_eager(Slot slot, wire::FlowId flow, Instant now);
    void release(Slot slot, Instant now);
    void deliver(Slot slot, const Packet& packet, Instant now);

    Context& context_;
    Exchange& exchange_;
    Messages& messages_;
    ForwardedPackets forwarded_;
    Arrivals arrivals_;
    Returns returns_;
};

}  // namespace shunt::migrate::endpoint
