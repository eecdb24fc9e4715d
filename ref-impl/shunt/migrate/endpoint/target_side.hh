// SPDX-License-Identifier: Apache-2.0
// The target's side of endpoint migration: take over, acknowledge, wait for the release, serve
// (docs/protocol/endpoint.md, EP-7, EP-8, EP-13 to EP-17, EP-22, EP-23).
#pragma once

#include <optional>

#include "shunt/base/deadline.hh"
#include "shunt/ip/reassembly.hh"
#include "shunt/migrate/early_packets.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/recent_keys.hh"
#include "shunt/tcp/config.hh"
#include "shunt/wire/control_block.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/reject.hh"

namespace shunt::migrate::endpoint {

class TargetSide {
  public:
    /// `tcp_config` outlives the endpoints that are made with it.
    TargetSide(Context& context, const tcp::Config& tcp_config);

    /// 0x01. Returns the slot whose endpoint was made or replaced by it.
    std::optional<Slot> handle_connection(const EncapsulatedFrame& frame, Instant now);
    /// 0x02. Returns the slot whose endpoint has processed something by it.
    std::optional<Slot> handle_forwarded(EncapsulatedFrame frame, Instant now);
    /// 0x14 (ext). Returns the slot that it released.
    std::optional<Slot> handle_go(const EncapsulatedFrame& frame, Instant now);
    /// 0x11 (ext): the home does not want this copy. Returns the slot that was erased.
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame);

    /// Of an unreleased endpoint: its next 0x03, or its end (EP-15).
    std::optional<Instant> deadline(const ForwardConnectEndpoint& endpoint) const;
    /// True: the unreleased endpoint was dropped silently and its record is gone.
    bool handle_deadline(Slot slot, Instant now);

    /// Of packets that wait for their endpoint, and of fragments.
    std::optional<Instant> early_deadline() const {
        return earlier(early_.deadline(), fragments_.poll_deadline());
    }
    void handle_early_deadline(Instant now);

    /// Tells the home that the endpoint has closed (EP-30), or, where the base set has no word for
    /// that, remembers that its attempt is over (EP-8); the caller erases the record.
    void announce_closed(const Record& record, Instant now);

  private:
    /// A 0x01 that came from the home of its service address.
    struct Offer {
        farm::ServerId home = 0;
        wire::ConnectionTuple tuple;
        wire::MigrationId id;
        wire::ControlBlock block;
        std::uint64_t fingerprint = 0;
    };

    bool is_home(farm::ServerId server, wire::Ipv4Address service) const;
    std::optional<Offer> read_offer(const EncapsulatedFrame& frame);
    bool is_same_attempt(const ForwardConnectEndpoint& endpoint, const Offer& offer) const;
    bool may_replace(const ForwardConnectEndpoint& endpoint, const Offer& offer) const;
    std::uint64_t attempt_key(const wire::ConnectionTuple& tuple, std::uint64_t fingerprint) const;
    /// `replaced`: the unreleased copy whose place the new one takes.
    std::optional<Slot> make_endpoint(const Offer& offer, std::optional<Slot> replaced,
                                      Instant now);
    Slot place(const wire::ConnectionTuple& tuple, std::optional<Slot> replaced,
               ForwardConnectEndpoint made);
    ForwardConnectEndpoint moved_in(tcp::Connection connection, const Offer& offer, Instant now);
    /// The whole packet that an inner fragment completes (FRM-6).
    std::optional<Packet> reassemble(const wire::ForwardedPacket& forwarded, Instant now);
    std::optional<Slot> handle_unreleased(Slot slot, Packet packet, Instant now);
    void release(Slot slot, Instant now);
    void deliver(Slot slot, const Packet& packet, Instant now);
    void acknowledge(const Record& record, Instant now);
    void reject(farm::ServerId home, const wire::ConnectionTuple& tuple,
                const wire::MigrationId& id, wire::RejectReason reason, Instant now);
    void send(farm::ServerId home, const wire::ConnectionTuple& tuple, wire::EncapsulationType type,
              Packet payload, Instant now);
    Duration life_without_offer() const;
    Duration acknowledgement_pause(std::size_t repeated) const;

    Context& context_;
    const tcp::Config& tcp_config_;
    EarlyPackets early_;
    ip::Reassembly fragments_;
    RecentKeys ended_;  // base: by attempt_key()
    SipKey fingerprint_key_;
};

}  // namespace shunt::migrate::endpoint
