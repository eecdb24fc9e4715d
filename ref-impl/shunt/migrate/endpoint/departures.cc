// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/departures.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/wire/connection_information.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;

std::optional<MoveRefusal> Departures::refusal(const Record& record, farm::ServerId target,
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

Result<wire::MigrationId, MoveRefusal> Departures::start(Slot slot, farm::ServerId target,
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

void Departures::send_offer(const Record& record, Attempt& attempt, Instant now) {
    ++attempt.times_sent;
    if (is_mutant(Mutant::NeverRepeatsOffer) && attempt.times_sent > 1) return;
    messages_.send(attempt.target, record.tuple, EncapsulationType::Connection,
                   context_.pool.copy(attempt.payload), now);
}

void Departures::hold(Slot slot, Packet packet) {
    auto& endpoint = *context_.tables.at(slot).as<TemporaryEndpoint>();
    if (is_mutant(Mutant::DropsHeldPackets) && endpoint.attempt) return;
    if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
        context_.counters.add(Counter::DropHeldFull);
    }
}

bool Departures::is_accepted_by(const Record& record, farm::ServerId from,
                                const std::optional<wire::MigrationCopy>& named,
                                Instant now) const {
    const auto* endpoint = record.as<TemporaryEndpoint>();
    if (endpoint == nullptr || !endpoint->attempt) return false;
    const Attempt& attempt = *endpoint->attempt;
    const bool is_from_target =
        attempt.target == from || is_mutant(Mutant::BelievesAnyAcknowledgement);
    const bool is_named = !context_.has_extensions() || named->id == attempt.id;
    return is_from_target && is_named && now < fall_back_at(attempt);
}

bool Departures::is_refused_by(const Record& record, farm::ServerId from,
                               const wire::RejectMessage& reject) const {
    const auto* endpoint = record.as<TemporaryEndpoint>();
    return endpoint != nullptr && endpoint->attempt && endpoint->attempt->target == from &&
           endpoint->attempt->id == reject.id &&
           reject.reason != wire::RejectReason::UnknownEndpoint;
}

std::vector<Packet> Departures::leave(Slot slot, std::uint32_t copy, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<TemporaryEndpoint>();
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
    context_.tables.change(slot, std::move(entry));
    context_.counters.add(Counter::MoveDone);
    return held;
}

void Departures::end_refused(Slot slot) {
    context_.counters.add(Counter::MoveRejected);
    end_attempt(*context_.tables.at(slot).as<TemporaryEndpoint>());
}

Instant Departures::deadline(const TemporaryEndpoint& endpoint) const {
    const Attempt& attempt = *endpoint.attempt;
    const auto& repeats = context_.config.timers.connection_sends;
    const Instant fall_back = fall_back_at(attempt);
    if (attempt.times_sent >= repeats.size()) return fall_back;
    return std::min(fall_back, attempt.started + repeats[attempt.times_sent]);
}

bool Departures::handle_deadline(Slot slot, Instant now) {
    const Record& record = context_.tables.at(slot);
    auto& endpoint = *context_.tables.at(slot).as<TemporaryEndpoint>();
    if (fall_back_at(*endpoint.attempt) <= now) {
        context_.counters.add(Counter::MoveFellBack);
        end_attempt(endpoint);
        return true;
    }
    // A late wake-up sends one repetition, not all that it missed.
    const auto& repeats = context_.config.timers.connection_sends;
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

Instant Departures::fall_back_at(const Attempt& attempt) const {
    return attempt.started + context_.config.timers.fall_back;
}

void Departures::end_attempt(TemporaryEndpoint& endpoint) {
    endpoint.attempt.reset();
    endpoint.phase = TemporaryEndpoint::Phase::Request;
    --attempts_;
}

}  // namespace shunt::migrate::endpoint
