// SPDX-License-Identifier: Apache-2.0
// Endpoints that their owner offers back to their home, and what comes for them once they are there
// (docs/protocol/endpoint.md, EP-27, EP-45, EP-46).
#pragma once

#include <optional>
#include <vector>

#include "shunt/base/result.hh"
#include "shunt/migrate/endpoint/attempts.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/forwarded_packets.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/migrate/endpoint/move_refusal.hh"
#include "shunt/migrate/endpoint/offer.hh"
#include "shunt/migrate/recent_keys.hh"
#include "shunt/wire/migration_copy.hh"

namespace shunt::migrate::endpoint {

class Returns {
  public:
    Returns(Context& context, Messages& messages, Attempts& attempts);

    /// Freezes a released endpoint and offers it to its home.
    Result<wire::MigrationId, MoveRefusal> start(Slot slot, Instant now);
    /// A return by a blob once more: its answer, or itself, may be lost with its channel.
    void offer_again(Slot slot, Instant now);
    /// The home cannot have what the return of that flow brings: it never left, or left once and
    /// was answered with an error. Then it may resume, and the home goes on expecting its epoch.
    bool take_back(Slot slot, wire::FlowId flow, bool is_error);
    /// A client's packet while the answer is not here.
    void hold(Slot slot, Packet packet);

    /// The message is the answer to the return of this record: same ID, from its home (EP-14).
    bool is_about(const Record& record, farm::ServerId from, const wire::MigrationId& id) const;
    /// The home has offered it anew, so it has accepted the return (EP-46).
    bool is_implied_by(const Record& record, const Offer& offer) const;
    /// The home has it: what was held goes there, the record goes.
    void hand_over(Slot slot, Instant now);
    /// The home refused it: the endpoint acts again. Returns what was held; reason 3 is not for
    /// this.
    std::vector<Packet> resume(Slot slot);

    /// Of an endpoint whose return is unanswered.
    Instant deadline(const ForwardConnectEndpoint& endpoint) const;
    /// True: there was no answer for too long, and the endpoint is gone.
    bool handle_deadline(Slot slot, Instant now);

    /// A packet of a connection that this server has handed over goes to its home. False: it is
    /// none, and stays with the caller (EP-27).
    bool send_back(ForwardedPackets::Received& received, Instant now);

    /// An endpoint of the tuple is here again: what becomes of that says where its packets go.
    void forget(const wire::ConnectionTuple& tuple) { handed_over_.forget(key_of(tuple)); }

  private:
    bool lacks_flow(const Record& record) const;
    std::uint64_t key_of(const wire::ConnectionTuple& tuple) const { return tuple.hash(key_); }

    Context& context_;
    Messages& messages_;
    Attempts& attempts_;
    std::vector<Duration> repeats_;  // when the 0x01 goes
    SipKey key_;
    RecentKeys handed_over_;
};

}  // namespace shunt::migrate::endpoint
