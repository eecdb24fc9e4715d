// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/home_side.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/ip/fragmentation.hh"
#include "shunt/migrate/endpoint/client_packet.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/reject.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;

const char* describe(MoveRefusal refusal) {
    switch (refusal) {
        case MoveRefusal::NotUnbound:
            return "the connection is not an unbound endpoint";
        case MoveRefusal::Outstanding:
            return "something sent is not acknowledged yet";
        case MoveRefusal::AlreadyMoving:
            return "a move is under way";
        case MoveRefusal::TargetIsSelf:
            return "the target is this server";
        case MoveRefusal::ForwardTableFull:
            return "the Forward table is full";
        case MoveRefusal::OfferedLately:
            return "it was offered to that server lately";
        case MoveRefusal::ClientInFarm:
            return "the client address belongs to the farm";
    }
    return "unknown";
}

std::optional<MoveRefusal> HomeSide::refusal(const Record& record, farm::ServerId target,
                                             Instant now) {
    const auto* endpoint = record.as<TemporaryEndpoint>();
    if (endpoint == nullptr || endpoint->phase == TemporaryEndpoint::Phase::Handshake) {
        return MoveRefusal::NotUnbound;
    }
    if (endpoint->phase == TemporaryEndpoint::Phase::Migrating) return MoveRefusal::AlreadyMoving;
    if (target == context_.self.id) return MoveRefusal::TargetIsSelf;
    if (!endpoint->connection.is_established_and_idle()) return MoveRefusal::Outstanding;
    if (context_.config.is_farm_address(record.tuple.client)) return MoveRefusal::ClientInFarm;
    const auto& tables = context_.tables;
    if (tables.size(Table::Forward) + attempts_ >= tables.capacity(Table::Forward)) {
        return MoveRefusal::ForwardTableFull;
    }
    // With extensions every message names its attempt, and a second offer confuses nobody.
    if (!context_.has_extensions() && !context_.offers.may_offer(record.tuple, target, now)) {
        return MoveRefusal::OfferedLately;
    }
    return std::nullopt;
}

Result<wire::MigrationId, MoveRefusal> HomeSide::start_move(Slot slot, farm::ServerId target,
                                                            Instant now) {
    Record& record = context_.tables.at(slot);
    if (const auto reason = refusal(record, target, now)) {
        context_.counters.add(Counter::MoveRefused);
        return Failure{*reason};
    }
    auto& endpoint = *record.as<TemporaryEndpoint>();
    const std::uint32_t epoch = ++endpoint.epoch;
    const wire::ControlBlock block = endpoint.connection.export_block(epoch, now);
    wire::ConnectionInformation information;
    information.service = record.tuple.service;
    information.service_port = record.tuple.service_port;
    information.block = block;
    Packet payload = context_.pool.take();
    information.append_to(payload);
    Attempt attempt;
    attempt.target = target;
    attempt.id = {record.tuple.service, record.tuple.service_port, block.initial_send_sequence,
                  epoch};
    attempt.payload.assign(payload.bytes().begin(), payload.bytes().end());
    attempt.started = now;
    endpoint.attempt = std::move(attempt);
    endpoint.phase = TemporaryEndpoint::Phase::Migrating;
    ++attempts_;
    if (!context_.has_extensions()) context_.offers.remember(record.tuple, target, now);
    context_.counters.add(Counter::MoveStarted);
    send_offer(record, *endpoint.attempt, now);
    return endpoint.attempt->id;
}

void HomeSide::send_offer(const Record& record, Attempt& attempt, Instant now) {
    ++attempt.times_sent;
    if (is_mutant(Mutant::NeverRepeatsOffer) && attempt.times_sent > 1) return;
    context_.link.send(attempt.target,
                       header_towards(record, attempt.target, EncapsulationType::Connection),
                       context_.pool.copy(attempt.payload), now);
}

void HomeSide::hold(Slot slot, Packet packet) {
    auto& endpoint = *context_.tables.at(slot).as<TemporaryEndpoint>();
    if (is_mutant(Mutant::DropsHeldPackets) && endpoint.attempt) return;
    if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
        context_.counters.add(Counter::DropHeldFull);
    }
}

namespace {

// What a router does, and a home must not (EP-21).
void lower_ttl(Packet& packet) {
    packet.mutable_bytes()[8] = static_cast<std::uint8_t>(packet.bytes()[8] - 1);
    store_u16(packet.mutable_bytes(), 10, 0);
    store_u16(packet.mutable_bytes(), 10,
              wire::internet_checksum(packet.bytes().first(wire::kIpv4HeaderSize)));
}

}  // namespace

bool HomeSide::forward(Slot slot, Packet packet, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& entry = *record.as<ForwardEntry>();
    const wire::TcpFlags flags = flags_of(packet.bytes());
    // A client that opens its port again and again must not keep the old record alive (EP-31).
    if (!flags.syn) entry.last_used = now;
    if (is_mutant(Mutant::TouchesForwardedPacket)) lower_ttl(packet);
    // A damaged packet must not shorten a live record's life (EP-31).
    const bool closes =
        !entry.is_closing && (flags.fin || flags.reset) && is_intact(packet.bytes());
    if (closes) entry.is_closing = true;
    send_forwarded(record, entry.owner, std::move(packet), now);
    return closes;
}

void HomeSide::send_forwarded(const Record& record, farm::ServerId to, Packet packet, Instant now) {
    context_.counters.add(Counter::ForwardSent);
    const auto header = header_towards(record, to, EncapsulationType::Forwarded);
    if (packet.size() <= context_.link.payload_max()) {
        return context_.link.send(to, header, std::move(packet), now);
    }
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    if (!ip || ip->dont_fragment()) return context_.counters.add(Counter::DropForwardMtu);
    for (Packet& piece : ip::fragment(*ip, context_.link.payload_max(), context_.pool))
        context_.link.send(to, header, std::move(piece), now);
}

wire::EncapsulationHeader HomeSide::header_towards(const Record& record, farm::ServerId to,
                                                   EncapsulationType type) const {
    wire::EncapsulationHeader header;
    header.source = record.tuple.client;
    header.source_port = record.tuple.client_port;
    header.destination = context_.config.server_by_id(to)->forward_ip_for(record.tuple.service);
    header.destination_port = record.tuple.service_port;
    header.type = type;
    header.protocol = record.tuple.protocol;
    return header;
}

std::optional<wire::ConnectionTuple> HomeSide::tuple_of(const wire::EncapsulationView& view) const {
    // SYS-2: the forward IP that an answer comes to tells the service.
    const auto service = context_.self.service_of_forward_ip(view.destination());
    if (!service) return std::nullopt;
    return wire::ConnectionTuple{view.source(), view.source_port(), *service,
                                 view.destination_port(), view.protocol()};
}

std::optional<Slot> HomeSide::handle_acknowledgement(const EncapsulatedFrame& frame, Instant now) {
    const auto tuple = tuple_of(frame.view);
    const auto slot = tuple ? context_.tables.find(*tuple) : std::nullopt;
    const auto named = wire::MigrationCopy::parse(frame.view);
    if (context_.has_extensions() && !named) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const std::uint32_t copy = named ? named->copy : 0;
    // A base acknowledgement names no attempt: the tuple and the sender have to do.
    const auto names = [&](const wire::MigrationId& id) {
        return !context_.has_extensions() || named->id == id;
    };
    if (slot) {
        const Record& record = context_.tables.at(*slot);
        const auto* endpoint = record.as<TemporaryEndpoint>();
        if (endpoint != nullptr && endpoint->attempt &&
            (endpoint->attempt->target == frame.from ||
             is_mutant(Mutant::BelievesAnyAcknowledgement)) &&
            names(endpoint->attempt->id) && now < fall_back_at(*endpoint->attempt)) {
            accept(*slot, copy, now);
            return slot;
        }
        const auto* entry = record.as<ForwardEntry>();
        if (entry != nullptr && entry->owner == frame.from && names(entry->id) &&
            (!context_.has_extensions() || entry->copy == copy)) {
            context_.tables.at(*slot).as<ForwardEntry>()->last_used = now;
            release_target(record, *entry, true, {}, now);
            return std::nullopt;
        }
    }
    refuse_stale(frame, slot, now);
    return std::nullopt;
}

void HomeSide::accept(Slot slot, std::uint32_t copy, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& endpoint = *record.as<TemporaryEndpoint>();
    ForwardEntry entry;
    entry.owner = endpoint.attempt->target;
    entry.id = endpoint.attempt->id;
    entry.copy = copy;
    entry.first_client_byte = endpoint.connection.initial_receive_sequence() + 1;
    if (!context_.has_extensions()) {
        entry.handshake_acknowledgment = std::move(endpoint.handshake_acknowledgment);
    }
    entry.last_used = now;
    std::vector<Packet> held = endpoint.held.take_all();
    if (is_mutant(Mutant::ReleasesHeldInReverse)) std::reverse(held.begin(), held.end());
    end_attempt(endpoint);
    const ForwardEntry& placed = context_.tables.change(slot, std::move(entry));
    context_.counters.add(Counter::MoveDone);
    release_target(record, placed, false, held, now);
    for (Packet& packet : held)
        forward(slot, std::move(packet), now);
}

void HomeSide::release_target(const Record& record, const ForwardEntry& entry, bool repeats,
                              const std::vector<Packet>& held, Instant now) {
    if (context_.has_extensions()) {
        send_copy(EncapsulationType::Go, record, entry.owner, {entry.id, entry.copy}, now);
        return;
    }
    // Base: the first intact packet that is no reset releases. If none of those that follow is one,
    // the client's handshake acknowledgment goes again (EP-18).
    const bool releases = !repeats && !held.empty() && !flags_of(held.front().bytes()).reset &&
                          is_intact(held.front().bytes());
    if (releases) return;
    // Once the client's own FIN has passed, its repetitions release: a copy that a late 0x01 made
    // after the connection must not be (EP-8).
    if (entry.handshake_acknowledgment.empty() || entry.is_closing) return;
    send_forwarded(record, entry.owner, context_.pool.copy(entry.handshake_acknowledgment), now);
}

void HomeSide::send_copy(EncapsulationType type, const Record& record, farm::ServerId to,
                         const wire::MigrationCopy& content, Instant now) {
    Packet payload = context_.pool.take();
    content.append_to(payload);
    context_.link.send(to, header_towards(record, to, type), std::move(payload), now);
}

void HomeSide::refuse_stale(const EncapsulatedFrame& frame, std::optional<Slot> slot, Instant now) {
    context_.counters.add(Counter::AcknowledgementStale);
    if (is_mutant(Mutant::IgnoresLateAcknowledgement)) return;
    if (context_.has_extensions()) {
        // EP-16: the owner of just this copy drops it. The tuple's fields are the frame's own.
        wire::EncapsulationHeader header = frame.view.header();
        header.destination = context_.config.server_by_id(frame.from)->forward_ips.front();
        header.type = EncapsulationType::Release;
        context_.link.send(frame.from, header, context_.pool.copy(frame.view.payload()), now);
        return;
    }
    if (!slot) return;
    const Record& record = context_.tables.at(*slot);
    if (const auto sequence = sequence_at_freeze(record)) {
        send_reset(record, frame.from, *sequence, now);
    }
}

void HomeSide::send_reset(const Record& record, farm::ServerId to, SequenceNumber sequence,
                          Instant now) {
    Packet packet = context_.pool.take();
    write_client_reset(record.tuple, sequence, packet);
    send_forwarded(record, to, std::move(packet), now);
}

std::optional<Slot> HomeSide::handle_reject(const EncapsulatedFrame& frame, Instant now) {
    const auto reject = wire::RejectMessage::parse(frame.view);
    if (!reject) {
        context_.counters.add(reject.error());
        return std::nullopt;
    }
    const auto tuple = tuple_of(frame.view);
    const auto slot = tuple ? context_.tables.find(*tuple) : std::nullopt;
    const auto* entry = slot ? context_.tables.at(*slot).as<ForwardEntry>() : nullptr;
    if (reject->reason == wire::RejectReason::UnknownEndpoint && entry != nullptr &&
        entry->owner == frame.from && !entry->is_over) {
        return handle_unknown(*slot, reject->id, now);
    }
    auto* endpoint = slot ? context_.tables.at(*slot).as<TemporaryEndpoint>() : nullptr;
    const bool acts = endpoint != nullptr && endpoint->attempt &&
                      endpoint->attempt->target == frame.from &&
                      endpoint->attempt->id == reject->id &&
                      reject->reason != wire::RejectReason::UnknownEndpoint;
    if (!acts) {
        context_.counters.add(Counter::RejectStale);
        return std::nullopt;
    }
    context_.counters.add(Counter::MoveRejected);
    end_attempt(*endpoint);
    return slot;
}

std::optional<Slot> HomeSide::handle_unknown(Slot slot, const wire::MigrationId& unknown,
                                             Instant now) {
    const Record& record = context_.tables.at(slot);
    const auto& entry = *record.as<ForwardEntry>();
    if (unknown == entry.id) {  // the answer to a 0x14: the owner has nothing of it any more
        context_.counters.add(Counter::ForwardDisowned);
        context_.tables.erase(slot);
        return slot;
    }
    if (unknown.initial_send_sequence == SequenceNumber(0) && unknown.epoch == 0) {
        // The owner was asked about a tuple alone. Asked about the attempt it will say for sure.
        send_copy(EncapsulationType::Go, record, entry.owner, {entry.id, entry.copy}, now);
    } else {
        context_.counters.add(Counter::RejectStale);
    }
    return std::nullopt;
}

std::optional<Slot> HomeSide::handle_release(const EncapsulatedFrame& frame, Instant now) {
    const auto released = wire::MigrationCopy::parse(frame.view);
    if (!released) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto tuple = tuple_of(frame.view);
    const auto slot = tuple ? context_.tables.find(*tuple) : std::nullopt;
    const auto* entry = slot ? context_.tables.at(*slot).as<ForwardEntry>() : nullptr;
    if (entry == nullptr || entry->owner != frame.from || entry->id != released->id ||
        entry->copy != released->copy) {
        context_.counters.add(Counter::ReleaseStale);
        return std::nullopt;
    }
    auto& over = *context_.tables.at(*slot).as<ForwardEntry>();
    over.is_over = true;
    over.last_used = now;
    return slot;
}

std::optional<Instant> HomeSide::deadline(const Record& record) const {
    const auto& timers = context_.config.timers;
    if (const auto* entry = record.as<ForwardEntry>()) {
        if (entry->is_over) return entry->last_used + timers.two_msl;
        return entry->last_used +
               (entry->is_closing ? timers.forward_idle_closing : timers.forward_idle);
    }
    const auto* endpoint = record.as<TemporaryEndpoint>();
    if (endpoint == nullptr || !endpoint->attempt) return std::nullopt;
    const Attempt& attempt = *endpoint->attempt;
    const auto& repeats = timers.connection_sends;
    const Instant fall_back = fall_back_at(attempt);
    if (attempt.times_sent >= repeats.size()) return fall_back;
    return std::min(fall_back, attempt.started + repeats[attempt.times_sent]);
}

bool HomeSide::handle_attempt_deadline(Slot slot, Instant now) {
    const Record& record = context_.tables.at(slot);
    auto& endpoint = *context_.tables.at(slot).as<TemporaryEndpoint>();
    const auto& timers = context_.config.timers;
    if (fall_back_at(*endpoint.attempt) <= now) {
        context_.counters.add(Counter::MoveFellBack);
        end_attempt(endpoint);
        return true;
    }
    // A late wake-up sends one repetition, not all that it missed.
    const auto& repeats = timers.connection_sends;
    Attempt& attempt = *endpoint.attempt;
    const std::size_t sent = attempt.times_sent;
    if (sent < repeats.size() && attempt.started + repeats[sent] <= now) {
        send_offer(record, attempt, now);
        while (attempt.times_sent < repeats.size() &&
               attempt.started + repeats[attempt.times_sent] <= now) {
            ++attempt.times_sent;
        }
    }
    return false;
}

bool HomeSide::handle_forward_deadline(Slot slot, Instant now) {
    if (deadline(context_.tables.at(slot)) > now) return false;
    context_.counters.add(Counter::ForwardExpired);
    context_.tables.erase(slot);
    return true;
}

Instant HomeSide::fall_back_at(const Attempt& attempt) const {
    return attempt.started + context_.config.timers.fall_back;
}

void HomeSide::end_attempt(TemporaryEndpoint& endpoint) {
    endpoint.attempt.reset();
    endpoint.phase = TemporaryEndpoint::Phase::Request;
    --attempts_;
}

}  // namespace shunt::migrate::endpoint
