// SPDX-License-Identifier: Apache-2.0
// The target's side of endpoint migration: wait for the release, serve, and what a home says about
// an endpoint that is here (docs/protocol/endpoint.md, EP-13, EP-14, EP-16, EP-22, EP-23, EP-30).
#pragma once

#include <optional>

#include "shunt/migrate/endpoint/arrivals.hh"
#include "shunt/migrate/endpoint/forwarded_packets.hh"

namespace shunt::migrate::endpoint {

class TargetSide {
  public:
    /// `tcp_config` outlives the endpoints that are made with it.
    TargetSide(Context& context, const tcp::Config& tcp_config)
        : context_(context),
          messages_(context),
          forwarded_(context, messages_),
          arrivals_(context, messages_, forwarded_.early(), tcp_config) {}

    /// 0x01. Returns the slot whose endpoint was made or replaced by it.
    std::optional<Slot> handle_connection(const EncapsulatedFrame& frame, Instant now) {
        return arrivals_.handle_connection(frame, now);
    }
    /// 0x02. Returns the slot whose endpoint has processed something by it.
    std::optional<Slot> handle_forwarded(EncapsulatedFrame frame, Instant now);
    /// 0x14 (ext). Returns the slot that it released.
    std::optional<Slot> handle_go(const EncapsulatedFrame& frame, Instant now);
    /// 0x11 (ext): the home does not want this copy. Returns the slot that was erased.
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame);

    /// Of an unreleased endpoint: its next 0x03, or its end (EP-15).
    std::optional<Instant> deadline(const ForwardConnectEndpoint& endpoint) const {
        if (endpoint.is_released) return std::nullopt;
        return arrivals_.deadline(endpoint);
    }
    /// True: the unreleased endpoint was dropped silently and its record is gone.
    bool handle_deadline(Slot slot, Instant now) { return arrivals_.handle_deadline(slot, now); }

    /// Of packets that wait for their endpoint, and of fragments.
    std::optional<Instant> early_deadline() const { return forwarded_.deadline(); }
    void handle_early_deadline(Instant now) { forwarded_.handle_deadline(now); }

    /// Tells the home that the endpoint has closed (EP-30), or, where the base set has no word for
    /// that, remembers that its attempt is over (EP-8); the caller erases the record.
    void announce_closed(const Record& record, Instant now);

  private:
    std::optional<Slot> handle_unreleased(Slot slot, Packet packet, Instant now);
    void release(Slot slot, Instant now);
    void deliver(Slot slot, const Packet& packet, Instant now);

    Context& context_;
    Messages messages_;
    ForwardedPackets forwarded_;
    Arrivals arrivals_;
};

}  // namespace shunt::migrate::endpoint
