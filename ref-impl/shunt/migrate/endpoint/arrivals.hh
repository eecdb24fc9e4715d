// SPDX-License-Identifier: Apache-2.0
// Endpoints that a home offers to this server: taken over, acknowledged until they are released,
// dropped if they never are (docs/protocol/endpoint.md, EP-7, EP-8, EP-15, EP-17).
#pragma once

#include <optional>

#include "shunt/migrate/early_packets.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/migrate/recent_keys.hh"
#include "shunt/tcp/config.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::migrate::endpoint {

class Arrivals {
  public:
    /// `tcp_config` outlives the endpoints that are made with it; `early` has what came before
    /// its endpoint.
    Arrivals(Context& context, Messages& messages, EarlyPackets& early,
             const tcp::Config& tcp_config);

    /// 0x01. Returns the slot whose endpoint was made or replaced by it.
    std::optional<Slot> handle_connection(const EncapsulatedFrame& frame, Instant now);

    /// Of an unreleased endpoint: its next 0x03, or its end (EP-15).
    Instant deadline(const ForwardConnectEndpoint& endpoint) const;
    /// True: the unreleased endpoint was dropped silently and its record is gone.
    bool handle_deadline(Slot slot, Instant now);

    /// Base: the attempt is over, and a late 0x01 of it makes nothing any more (EP-8).
    void remember_ended(const Record& record, Instant now);

  private:
    /// A 0x01 that came from the home of its service address.
    struct Offer {
        farm::ServerId home = 0;
        wire::ConnectionTuple tuple;
        wire::MigrationId id;
        wire::ControlBlock block;
        std::uint64_t fingerprint = 0;
    };

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
    void acknowledge(const Record& record, Instant now);
    Duration life_without_offer() const;
    Duration acknowledgement_pause(std::size_t repeated) const;

    Context& context_;
    Messages& messages_;
    EarlyPackets& early_;
    const tcp::Config& tcp_config_;
    RecentKeys ended_;  // base: by attempt_key()
    SipKey fingerprint_key_;
};

}  // namespace shunt::migrate::endpoint
