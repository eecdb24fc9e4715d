// SPDX-License-Identifier: Apache-2.0
// The home's side of endpoint migration: offer, repeat, fall back, forward (docs/protocol/
// endpoint.md, EP-4 to EP-10, EP-16, EP-18, EP-20).
#pragma once

#include <optional>

#include "shunt/base/result.hh"
#include "shunt/migrate/endpoint/context.hh"
#include "shunt/wire/migration_copy.hh"

namespace shunt::migrate::endpoint {

/// Why a connection is not offered to a server now. It stays where it is.
enum class MoveRefusal : std::uint8_t {
    NotUnbound,        // base moves endpoints before an application is bound (EP-18)
    Outstanding,       // something sent is unacknowledged (EP-18)
    AlreadyMoving,     // an attempt is under way
    TargetIsSelf,      // the home need not move it to itself
    ForwardTableFull,  // TAB-2: serve locally
    OfferedLately,     // EP-18
    ClientInFarm       // EP-29
};

/// The refusal in words, as the control socket prints it.
const char* describe(MoveRefusal refusal);

class HomeSide {
  public:
    explicit HomeSide(Context& context) : context_(context) {}

    /// Freezes the endpoint and sends the first 0x01 (EP-4).
    Result<wire::MigrationId, MoveRefusal> start_move(Slot slot, farm::ServerId target,
                                                      Instant now);

    /// A client packet, from its IPv4 header on, while the endpoint is frozen or undecided (EP-5).
    void hold(Slot slot, Packet packet);
    /// A client packet of a connection that has moved away: out as 0x02 (EP-20, EP-21). True if the
    /// record's deadline has come nearer by it; moving away it is noticed when it is due.
    bool forward(Slot slot, Packet packet, Instant now);

    /// 0x03. Returns the slot whose record went to Forward by it (EP-9).
    std::optional<Slot> handle_acknowledgement(const EncapsulatedFrame& frame, Instant now);
    /// 0x10. Returns the slot that fell back by it (EP-6, EP-14), or was erased (EP-23).
    std::optional<Slot> handle_reject(const EncapsulatedFrame& frame, Instant now);
    /// 0x11 from an owner whose endpoint has closed (EP-30): the record swallows what is no SYN for
    /// 2MSL more (EP-31). Returns its slot.
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame, Instant now);

    /// When a migrating or forwarded record wants attention.
    std::optional<Instant> deadline(const Record& record) const;
    /// Repeats the offer. True: the attempt failed and the endpoint is unbound again (EP-6).
    bool handle_attempt_deadline(Slot slot, Instant now);
    /// Erases a Forward record that nobody used for long (EP-31). True: it is gone.
    bool handle_forward_deadline(Slot slot, Instant now);

    /// Attempts under way; each has a place in the Forward table kept for it.
    std::size_t attempts() const { return attempts_; }

  private:
    std::optional<MoveRefusal> refusal(const Record& record, farm::ServerId target, Instant now);
    void send_offer(const Record& record, Attempt& attempt, Instant now);
    void send_forwarded(const Record& record, farm::ServerId to, Packet packet, Instant now);
    void send_copy(wire::EncapsulationType type, const Record& record, farm::ServerId to,
                   const wire::MigrationCopy& content, Instant now);
    void accept(Slot slot, std::uint32_t copy, Instant now);
    void release_target(const Record& record, const ForwardEntry& entry, bool repeats,
                        const std::vector<Packet>& held, Instant now);
    void refuse_stale(const EncapsulatedFrame& frame, std::optional<Slot> slot, Instant now);
    std::optional<Slot> handle_unknown(Slot slot, const wire::MigrationId& unknown, Instant now);
    void send_reset(const Record& record, farm::ServerId to, SequenceNumber sequence, Instant now);
    /// A late wake-up too gives up an attempt at this time, whatever came meanwhile (EP-6).
    Instant fall_back_at(const Attempt& attempt) const;
    void end_attempt(TemporaryEndpoint& endpoint);
    wire::EncapsulationHeader header_towards(const Record& record, farm::ServerId to,
                                             wire::EncapsulationType type) const;
    std::optional<wire::ConnectionTuple> tuple_of(const wire::EncapsulationView& view) const;

    Context& context_;
    std::size_t attempts_ = 0;
};

}  // namespace shunt::migrate::endpoint
