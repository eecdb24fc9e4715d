// SPDX-License-Identifier: Apache-2.0
// The home's side of endpoint migration: whom what a target says concerns, an attempt under way or
// a connection that has moved away (docs/protocol/endpoint.md, EP-9, EP-10, EP-14, EP-16).
#pragma once

#include <optional>
#include <utility>

#include "shunt/migrate/endpoint/departures.hh"
#include "shunt/migrate/endpoint/forwards.hh"

namespace shunt::migrate::endpoint {

class HomeSide {
  public:
    explicit HomeSide(Context& context)
        : context_(context),
          messages_(context),
          departures_(context, messages_),
          forwards_(context, messages_) {}

    /// Freezes the endpoint and sends the first 0x01 (EP-4).
    Result<wire::MigrationId, MoveRefusal> start_move(Slot slot, farm::ServerId target,
                                                      Instant now) {
        return departures_.start(slot, target, now);
    }
    /// A client packet, from its IPv4 header on, while the endpoint is frozen or undecided (EP-5).
    void hold(Slot slot, Packet packet) { departures_.hold(slot, std::move(packet)); }
    /// A client packet of a connection that has moved away: out as 0x02 (EP-20, EP-21). True if the
    /// record's deadline has come nearer by it.
    bool forward(Slot slot, Packet packet, Instant now) {
        return forwards_.forward(slot, std::move(packet), now);
    }

    /// 0x03. Returns the slot whose record went to Forward by it (EP-9).
    std::optional<Slot> handle_acknowledgement(const EncapsulatedFrame& frame, Instant now);
    /// 0x10. Returns the slot that fell back by it (EP-6, EP-14), or was erased (EP-23).
    std::optional<Slot> handle_reject(const EncapsulatedFrame& frame, Instant now);
    /// 0x11 from an owner whose endpoint has closed (EP-30, EP-31). Returns its slot.
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame, Instant now) {
        return forwards_.handle_release(frame, now);
    }

    /// When a migrating or forwarded record wants attention.
    std::optional<Instant> deadline(const Record& record) const;
    /// Repeats the offer. True: the attempt failed and the endpoint is unbound again (EP-6).
    bool handle_attempt_deadline(Slot slot, Instant now) {
        return departures_.handle_deadline(slot, now);
    }
    /// Erases a Forward record that nobody used for long (EP-31). True: it is gone.
    bool handle_forward_deadline(Slot slot, Instant now) {
        return forwards_.handle_deadline(slot, now);
    }

    /// Attempts under way; each has a place in the Forward table kept for it.
    std::size_t attempts() const { return departures_.count(); }

  private:
    void refuse_stale(const EncapsulatedFrame& frame, std::optional<Slot> slot, Instant now);
    std::optional<Slot> slot_of(const EncapsulatedFrame& frame) const;

    Context& context_;
    Messages messages_;
    Departures departures_;
    Forwards forwards_;
};

}  // namespace shunt::migrate::endpoint
