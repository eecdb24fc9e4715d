// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/forwards.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/client_packet.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;

namespace {

std::optional<wire::FlowId> flow_of(const ForwardEntry& entry) {
    return entry.flow ? std::optional(entry.flow->id()) : std::nullopt;
}

// What a router does, and a home must not (EP-21).
void lower_ttl(Packet& packet) {
    packet.mutable_bytes()[8] = static_cast<std::uint8_t>(packet.bytes()[8] - 1);
    store_u16(packet.mutable_bytes(), 10, 0);
    store_u16(packet.mutable_bytes(), 10,
              wire::internet_checksum(packet.bytes().first(wire::kIpv4HeaderSize)));
}

}  // namespace

void Forwards::begin(Slot slot, std::vector<Packet> held, Instant now) {
    // An eager blob has released its host (BL-14).
    if (!context_.tables.at(slot).as<ForwardEntry>()->is_unacknowledged) {
        release_owner(context_.tables.at(slot), false, held, now);
    }
    for (Packet& packet : held)
        forward(slot, std::move(packet), now);
}

bool Forwards::forward(Slot slot, Packet packet, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& entry = *record.as<ForwardEntry>();
    const wire::TcpFlags flags = flags_of(packet.bytes());
    if (flags.syn && is_mutant(Mutant::SwallowsSynOfMoved)) return false;
    // A client that opens its port again and again must not keep the old record alive (EP-31).
    if (!flags.syn || is_mutant(Mutant::SynKeepsRecord)) use(entry, now);
    if (is_mutant(Mutant::TouchesForwardedPacket)) lower_ttl(packet);
    // A damaged packet must not shorten a live record's life, nor a SYN with a FIN, which restarts
    // nothing: an idle record's time would be over at once (EP-31).
    const bool closes = !entry.is_closing && !flags.syn && (flags.fin || flags.reset) &&
                        (is_intact(packet.bytes()) || is_mutant(Mutant::BelievesDamagedFin));
    if (closes && !is_mutant(Mutant::KeepsClosingRecord)) entry.is_closing = true;
    messages_.forward(entry.owner, record.tuple, flow_of(entry), std::move(packet), now);
    return closes;
}

bool Forwards::is_of_owner(const Record& record, farm::ServerId from,
                           const std::optional<wire::MigrationCopy>& named) const {
    const auto* entry = record.as<ForwardEntry>();
    if (entry == nullptr || entry->owner != from) return false;
    return !context_.has_extensions() || (named->id == entry->id && named->copy == entry->copy);
}

void Forwards::release_again(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& entry = *record.as<ForwardEntry>();
    use(entry, now);
    // Behind an eager blob too: a host that was cut off when it came has not begun (EP-33).
    entry.is_unacknowledged = false;
    release_owner(record, true, {}, now);
}

void Forwards::lose_answer(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    record.as<ForwardEntry>()->is_unacknowledged = false;
    release_owner(record, true, {}, now);
}

bool Forwards::is_unacknowledged(const Record& record, wire::FlowId flow) const {
    const auto* entry = record.as<ForwardEntry>();
    return entry != nullptr && entry->is_unacknowledged && flow_of(*entry) == flow;
}

void Forwards::release_owner(const Record& record, bool repeats, const std::vector<Packet>& held,
                             Instant now) {
    const auto& entry = *record.as<ForwardEntry>();
    if (context_.has_extensions()) {
        messages_.send_copy(EncapsulationType::Go, entry.owner, record.tuple,
                            {entry.id, entry.copy}, now);
        return;
    }
    // Base: the first intact packet that is no reset releases. If none of those that follow is one,
    // the client's handshake acknowledgment goes again (EP-18).
    const bool releases =
        !repeats && !held.empty() && is_intact(held.front().bytes()) &&
        (!flags_of(held.front().bytes()).reset || is_mutant(Mutant::ReleasesByReset));
    if (releases || is_mutant(Mutant::NeverRepeatsHandshake)) return;
    // Once the client's own FIN has passed, its repetitions release: a copy that a late 0x01 made
    // after the connection must not be (EP-8).
    if (entry.handshake_acknowledgment.empty() || entry.is_closing) return;
    messages_.forward(entry.owner, record.tuple, std::nullopt,
                      context_.pool.copy(entry.handshake_acknowledgment), now);
}

std::optional<Slot> Forwards::handle_unknown(Slot slot, const wire::MigrationId& unknown,
                                             Instant now) {
    const Record& record = context_.tables.at(slot);
    const auto& entry = *record.as<ForwardEntry>();
    // BL-14: the blob may be behind the packet that was not known.
    if (entry.is_unacknowledged) {
        context_.counters.add(Counter::RejectStale);
        return std::nullopt;
    }
    const bool is_about_tuple =
        unknown.initial_send_sequence == SequenceNumber(0) && unknown.epoch == 0;
    if (unknown == entry.id || (is_about_tuple && is_mutant(Mutant::ForgetsUncertainOwner))) {
        // the answer to a 0x14: the owner has nothing of it any more
        context_.counters.add(Counter::ForwardDisowned);
        context_.tables.erase(slot);
        return slot;
    }
    if (is_about_tuple) {
        // The owner was asked about a tuple alone. Asked about the attempt it will say for sure.
        messages_.send_copy(EncapsulationType::Go, entry.owner, record.tuple,
                            {entry.id, entry.copy}, now);
    } else {
        context_.counters.add(Counter::RejectStale);
    }
    return std::nullopt;
}

std::optional<Slot> Forwards::handle_release(const EncapsulatedFrame& frame, Instant now) {
    const auto released = wire::MigrationCopy::parse(frame.view);
    if (!released) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto tuple = messages_.tuple_of_answer(frame.view);
    const auto slot = tuple ? context_.tables.find(*tuple) : std::nullopt;
    return handle_release(slot, frame.from, *released, now);
}

std::optional<Slot> Forwards::handle_release(std::optional<Slot> slot, farm::ServerId from,
                                             const wire::MigrationCopy& released, Instant now) {
    const auto* entry = slot ? context_.tables.at(*slot).as<ForwardEntry>() : nullptr;
    const bool is_its = entry != nullptr && entry->owner == from && entry->id == released.id &&
                        entry->copy == released.copy;
    if (!is_its && !(entry != nullptr && is_mutant(Mutant::AnyCopyReleases))) {
        context_.counters.add(Counter::ReleaseStale);
        return std::nullopt;
    }
    if (is_mutant(Mutant::SwallowsNothing)) {
        context_.tables.erase(*slot);
        return slot;
    }
    const bool is_forgotten = entry->flow && is_mutant(Mutant::ForgetsClosedFlow);
    if (is_forgotten) {
        context_.tables.erase(*slot);
        return slot;
    }
    auto& over = *context_.tables.at(*slot).as<ForwardEntry>();
    over.is_over = !is_mutant(Mutant::KeepsReleasedRecord);
    use(over, now);
    return slot;
}

void Forwards::use(ForwardEntry& entry, Instant now) {
    entry.last_used = now;
    entry.questions = 0;
}

Instant Forwards::deadline(const ForwardEntry& entry) const {
    const auto& timers = context_.config.timers;
    if (entry.is_over) return entry.last_used + timers.two_msl;
    const Duration idle = entry.is_closing ? timers.forward_idle_closing : timers.forward_idle;
    if (!context_.has_extensions()) return entry.last_used + idle;
    // The questions come before the end, so that this is when it was. Each waits for its answer,
    // also where the machine was paused over its time.
    const Duration pause = std::min(kQuestionPause, idle / (kQuestions + 1));
    if (entry.questions > 0) return entry.last_question + pause;
    return entry.last_used + idle - pause * kQuestions;
}

/// One FIN or RST that the owner never heard of, or that was forged, must not end a live
/// connection: the owner is asked before its record goes.
bool Forwards::handle_deadline(Slot slot, bool may_ask, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& entry = *record.as<ForwardEntry>();
    if (deadline(entry) > now) return false;
    if (context_.has_extensions() && !entry.is_over && entry.questions < kQuestions) {
        ++entry.questions;
        entry.last_question = now;
        if (!may_ask || is_mutant(Mutant::ForgetsUnasked)) return false;
        messages_.send_copy(EncapsulationType::Go, entry.owner, record.tuple,
                            {entry.id, entry.copy}, now);
        return false;
    }
    context_.counters.add(Counter::ForwardExpired);
    context_.tables.erase(slot);
    return true;
}

}  // namespace shunt::migrate::endpoint
