// SPDX-License-Identifier: Apache-2.0
// Endpoints that a home offers to this server: taken over, acknowledged until they are released,
// dropped if they never are (docs/protocol/endpoint.md, EP-7, EP-8, EP-15, EP-17, EP-41).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "shunt/migrate/early_packets.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/imports.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/migrate/endpoint/offer.hh"
#include "shunt/migrate/recent_keys.hh"
#include "shunt/tcp/config.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::migrate::endpoint {

class Arrivals {
  public:
    /// `tcp_config` outlives the endpoints that are made with it; `early` has what came before
    /// its endpoint.
    Arrivals(Context& context, Messages& messages, Imports& imports, EarlyPackets& early,
             const tcp::Config& tcp_config);

    /// 0x01 from the home of its service. Returns the slot that changed by it.
    std::optional<Slot> handle_offer(const Offer& offer, Instant now);
    /// 0x12 from there. Returns the slot that changed by it.
    std::optional<Slot> handle_data(const EncapsulatedFrame& frame, const wire::EndpointData& data,
                                    Instant now);

    /// Of an unreleased endpoint: its next 0x03, or its end (EP-15).
    Instant deadline(const ForwardConnectEndpoint& endpoint) const;
    /// True: the unreleased endpoint was dropped silently and its record is gone.
    bool handle_deadline(Slot slot, Instant now);

    // suspension.cc: an owner whose home does not answer (EP-33)

    /// A released endpoint stops: it neither sends nor processes anything.
    void suspend(Slot slot, Instant now);
    /// The home answers again: 0x03 for a suspended endpoint, repeated as if it were not released
    /// yet (EP-15); a 0x14 from now on lets it go on.
    void ask_again(Slot slot, Instant now);

    /// Base: the attempt is over, and a late 0x01 of it makes nothing any more (EP-8).
    void remember_ended(const Record& record, Instant now);

    /// 0x03 for an endpoint that is here.
    void acknowledge(Record& record, Instant now);

  private:
    bool is_same_attempt(const ForwardConnectEndpoint& endpoint, const Offer& offer) const;
    static bool is_newer(const Offer& offer, const wire::MigrationId& id);
    bool may_replace(const ForwardConnectEndpoint& endpoint, const Offer& offer) const;
    std::uint64_t attempt_key(const wire::ConnectionTuple& tuple, std::uint64_t fingerprint) const;
    std::optional<Slot> refuse(const Offer& offer, Counter counter, Instant now);
    /// `replaced`: the unreleased copy whose place the new one takes.
    std::optional<Slot> begin(const Offer& offer, std::optional<Slot> replaced, Instant now);
    std::optional<Slot> begin_import(const Offer& offer, std::optional<Slot> replaced, Instant now);
    std::optional<Slot> take_part(Import& import, wire::EndpointQueue queue, std::uint32_t offset,
                                  ByteView bytes, Instant now);
    /// The whole has come.
    std::optional<Slot> finish(Import& import, Instant now);
    std::optional<Slot> finish(const Offer& offer, const tcp::Snapshot& snapshot,
                               std::optional<Slot> replaced, Instant now);
    void refine(Slot slot, wire::EndpointQueue queue, ByteView bytes, Instant now);
    std::optional<Slot> make_endpoint(const Offer& offer, std::optional<Slot> replaced,
                                      Result<tcp::Connection, tcp::ImportError> connection,
                                      std::unique_ptr<stack::Conversation> resumed, Instant now);
    std::optional<Slot> refuse_flow(const Offer& offer, Instant now);
    std::vector<Packet> take_early(const Offer& offer);
    Slot place(const wire::ConnectionTuple& tuple, std::optional<Slot> replaced,
               ForwardConnectEndpoint made);
    ForwardConnectEndpoint moved_in(tcp::Connection connection, const Offer& offer, Instant now);
    tcp::Identity identity_of(const Offer& offer) const;
    Instant end_of_waiting(const ForwardConnectEndpoint& endpoint) const;
    Duration acknowledgement_pause(std::size_t repeated) const;

    Context& context_;
    Messages& messages_;
    Imports& imports_;
    EarlyPackets& early_;
    const tcp::Config& tcp_config_;
    RecentKeys ended_;  // base: by attempt_key()
    SipKey ended_key_;
};

}  // namespace shunt::migrate::endpoint
