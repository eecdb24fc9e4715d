// SPDX-License-Identifier: Apache-2.0
// Endpoints that a home offers to other servers: frozen, offered, offered again, gone or taken back
// (docs/protocol/endpoint.md, EP-4, EP-5, EP-6, EP-9, EP-18).
#pragma once

#include <optional>
#include <vector>

#include "shunt/base/result.hh"
#include "shunt/migrate/endpoint/attempts.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/move_refusal.hh"

namespace shunt::migrate::endpoint {

class Departures {
  public:
    Departures(Context& context, Messages& messages, Attempts& attempts)
        : context_(context), messages_(messages), attempts_(attempts) {}

    /// Freezes the endpoint and sends the first 0x01 (EP-4); one that is in use goes from Local to
    /// Temporary with its application (EP-40).
    Result<wire::MigrationId, MoveRefusal> start(Slot slot, farm::ServerId target, Instant now);
    /// A client packet, from its IPv4 header on, while the endpoint is frozen or undecided (EP-5).
    void hold(Slot slot, Packet packet);

    /// A 0x03 from `from` is the answer to the record's attempt (EP-9). `named`: what it names; a
    /// base acknowledgement names no attempt, and the tuple and the sender have to do.
    bool is_accepted_by(const Record& record, farm::ServerId from,
                        const std::optional<wire::MigrationCopy>& named, Instant now) const;
    /// A 0x10 from `from` ends the record's attempt (EP-6, EP-14).
    bool is_refused_by(const Record& record, farm::ServerId from,
                       const wire::RejectMessage& reject) const;
    /// The record goes from Temporary to Forward (EP-9). Returns the packets that were held.
    std::vector<Packet> leave(Slot slot, std::uint32_t copy, Instant now);
    /// The target refused; the endpoint is frozen no more.
    void end_refused(Slot slot);
    /// The record's attempt is that of this flow, whose blob or its answer is lost.
    bool is_lost(const Record& record, wire::FlowId flow) const;
    /// Nobody will answer the attempt; the endpoint is frozen no more (EP-6).
    void give_up(Slot slot);
    /// After an attempt that failed: the endpoint in use is Local again, its application with it
    /// (EP-44). Returns the packets that were held.
    std::vector<Packet> take_back(Slot slot);

    /// Of a record with an attempt.
    Instant deadline(const TemporaryEndpoint& endpoint) const;
    /// Repeats the offer. True: the attempt failed and the endpoint is frozen no more (EP-6).
    bool handle_deadline(Slot slot, Instant now);

  private:
    std::optional<MoveRefusal> refusal(const Record& record, farm::ServerId target, Instant now);
    std::optional<MoveRefusal> unbound_refusal(const Record& record, farm::ServerId target,
                                               Instant now);
    std::optional<MoveRefusal> in_use_refusal(const Record& record, Instant now) const;
    void freeze(Slot slot, Instant now);
    /// A late wake-up too gives up an attempt at this time, whatever came meanwhile (EP-6).
    Instant fall_back_at(const Attempt& attempt) const;
    void release_unanswered(const Record& record, Instant now);
    void end_attempt(TemporaryEndpoint& endpoint);

    Context& context_;
    Messages& messages_;
    Attempts& attempts_;
};

}  // namespace shunt::migrate::endpoint
