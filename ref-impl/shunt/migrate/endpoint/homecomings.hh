// SPDX-License-Identifier: Apache-2.0
// Connections that come back to their home: which returns it accepts, which it has refused, whose
// late packets it takes (docs/protocol/endpoint.md, EP-27, EP-45; SEC-12).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <optional>

#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/imports.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/migrate/endpoint/offer.hh"
#include "shunt/migrate/recent_keys.hh"
#include "shunt/tcp/config.hh"

namespace shunt::migrate::endpoint {

class Homecomings {
  public:
    /// `tcp_config` outlives the endpoints that are made with it.
    Homecomings(Context& context, Messages& messages, Imports& imports,
                const tcp::Config& tcp_config);

    /// 0x01 about an own service. Returns the slot that went to Local by it.
    std::optional<Slot> handle_offer(const Offer& offer, Instant now);
    /// 0x12 about an own service, likewise.
    std::optional<Slot> handle_data(const EncapsulatedFrame& frame, const wire::EndpointData& data,
                                    Instant now);

    /// That server owns the connection no more, and may send back what still comes to it for 2MSL
    /// (SEC-12).
    void remember_owner(const wire::ConnectionTuple& tuple, farm::ServerId owner, Instant now);
    bool is_former_owner(const wire::ConnectionTuple& tuple, farm::ServerId server, Instant now);

  private:
    /// The last return of a connection that was accepted.
    struct Accepted {
        wire::MigrationId id;
        farm::ServerId from = 0;
        std::uint32_t copy = 0;
        Instant until;
    };

    std::optional<Slot> handle_next(const Offer& offer, Instant now);
    void answer_other(const Offer& offer, Instant now);
    std::optional<Slot> take_part(Import& import, wire::EndpointQueue queue, std::uint32_t offset,
                                  ByteView bytes, Instant now);
    std::optional<Slot> finish(const Offer& offer, const tcp::Snapshot& snapshot, Instant now);
    std::optional<Slot> refuse(const Offer& offer, wire::RejectReason reason, Instant now);
    ForwardEntry* record_of_owner(const wire::ConnectionTuple& tuple, farm::ServerId from);
    void remember_accepted(const Offer& offer, std::uint32_t copy, Instant now);
    std::uint64_t key_of(const wire::ConnectionTuple& tuple, farm::ServerId server) const;

    Context& context_;
    Messages& messages_;
    Imports& imports_;
    const tcp::Config& tcp_config_;
    SipKey key_;
    absl::flat_hash_map<std::uint64_t, Accepted> accepted_;  // by the tuple's keyed hash
    std::deque<std::pair<std::uint64_t, Instant>> accepted_order_;
    RecentKeys former_owners_;
};

}  // namespace shunt::migrate::endpoint
