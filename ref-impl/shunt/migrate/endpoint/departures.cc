// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/departures.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/movable.hh"

namespace shunt::migrate::endpoint {

std::optional<MoveRefusal> Departures::refusal(const Record& record, farm::ServerId target,
                                               Instant now) {
    if (target == context_.self.id) return MoveRefusal::TargetIsSelf;
    const auto* local = record.as<LocalEndpoint>();
    if (const auto reason =
            local != nullptr ? in_use_refusal(record, now) : unbound_refusal(record, target, now)) {
        return reason;
    }
    if (context_.config.is_farm_address(record.tuple.client) &&
        !is_mutant(Mutant::MovesFarmClients)) {
        return MoveRefusal::ClientInFarm;
    }
    if (!context_.tables.has_room(Table::Forward)) return MoveRefusal::ForwardTableFull;
    if (context_.moves_as_blob(record.tuple) && !context_.blobs->identifiers().has_room())
        return MoveRefusal::NoFlowIdentifier;
    return std::nullopt;
}

std::optional<MoveRefusal> Departures::unbound_refusal(const Record& record, farm::ServerId target,
                                                       Instant now) {
    const auto* endpoint = record.as<TemporaryEndpoint>();
    if (endpoint == nullptr || endpoint->phase == TemporaryEndpoint::Phase::Handshake) {
        return MoveRefusal::NotUnbound;
    }
    if (endpoint->phase == TemporaryEndpoint::Phase::Migrating) return MoveRefusal::AlreadyMoving;
    if (!endpoint->connection.is_established_and_idle()) return MoveRefusal::Outstanding;
    // With extensions every message names its attempt, and a second offer confuses nobody.
    if (!context_.has_extensions() && !is_mutant(Mutant::OffersTupleAgain) &&
        !context_.offers.may_offer(record.tuple, target, now)) {
        return MoveRefusal::OfferedLately;
    }
    return std::nullopt;
}

std::optional<MoveRefusal> Departures::in_use_refusal(const Record& record, Instant now) const {
    const auto& endpoint = *record.as<LocalEndpoint>();
    if (!context_.has_extensions()) return MoveRefusal::NotUnbound;
    if (!context_.tables.has_room(Table::Temporary)) return MoveRefusal::TemporaryTableFull;
    return refusal_in_use(endpoint.connection, endpoint.conversation.get(),
                          attempts_.queues_max(record.tuple), now);
}

Result<wire::MigrationId, MoveRefusal> Departures::start(Slot slot, farm::ServerId target,
                                                         Instant now) {
    if (const auto reason = refusal(context_.tables.at(slot), target, now)) {
        context_.counters.add(Counter::MoveRefused);
        Record& record = context_.tables.at(slot);
        if (auto* local = record.as<LocalEndpoint>())
            prepare_for_next_time(local->connection, attempts_.queues_max(record.tuple), *reason);
        return Failure{*reason};
    }
    if (context_.tables.at(slot).as<LocalEndpoint>() != nullptr) freeze(slot, now);
    const wire::ConnectionTuple tuple = context_.tables.at(slot).tuple;
    auto& endpoint = *context_.tables.at(slot).as<TemporaryEndpoint>();
    const std::uint32_t epoch = ++endpoint.epoch;
    endpoint.attempt =
        endpoint.conversation
            ? attempts_.make(
                  tuple, target,
                  snapshot_in_use(endpoint.connection, *endpoint.conversation, epoch, now), now)
            : attempts_.make_unbound(tuple, target, endpoint.connection.export_block(epoch, now),
                                     now);
    endpoint.phase = TemporaryEndpoint::Phase::Migrating;
    context_.tables.reserve(Table::Forward);
    if (!context_.has_extensions()) context_.offers.remember(tuple, target, now);
    context_.counters.add(Counter::MoveStarted);
    const wire::MigrationId id = endpoint.attempt->id;
    attempts_.begin(slot, now);
    return id;
}

/// From here on its packets are held: diversion begins before the snapshot (EP-40). Its place in
/// Local stays its own.
void Departures::freeze(Slot slot, Instant now) {
    auto& local = *context_.tables.at(slot).as<LocalEndpoint>();
    TemporaryEndpoint frozen(std::move(local.connection), context_.held_budget);
    frozen.conversation = std::move(local.conversation);
    frozen.epoch = local.epoch;
    frozen.phase = TemporaryEndpoint::Phase::Request;
    frozen.born = frozen.established = now;
    context_.tables.change(slot, std::move(frozen));
    context_.tables.reserve(Table::Local);
}

std::vector<Packet> Departures::take_back(Slot slot) {
    auto& frozen = *context_.tables.at(slot).as<TemporaryEndpoint>();
    std::vector<Packet> held = frozen.held.take_all();
    if (is_mutant(Mutant::ResetsAtFallBack)) frozen.connection.abort();
    LocalEndpoint local{std::move(frozen.connection), std::move(frozen.conversation), frozen.epoch};
    context_.tables.give_back(Table::Local);
    context_.tables.change(slot, std::move(local));
    return held;
}

void Departures::hold(Slot slot, Packet packet) {
    auto& endpoint = *context_.tables.at(slot).as<TemporaryEndpoint>();
    if (is_mutant(Mutant::DropsHeldPackets) && endpoint.attempt) return;
    HeldPackets::Limits limits = context_.held_limits();
    if (is_mutant(Mutant::HoldsWithoutBound)) limits = {limits.packets * 10, limits.bytes * 10};
    if (!endpoint.held.hold(std::move(packet), limits)) {
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
    entry.flow = std::move(endpoint.attempt->flow);
    entry.first_client_byte = endpoint.connection.initial_receive_sequence() + 1;
    if (!context_.has_extensions()) {
        entry.handshake_acknowledgment = std::move(endpoint.handshake_acknowledgment);
    }
    entry.last_used = now;
    entry.is_closing = tcp::has_peer_finished(endpoint.connection.state());
    std::vector<Packet> held = endpoint.held.take_all();
    if (is_mutant(Mutant::ReleasesHeldInReverse)) std::reverse(held.begin(), held.end());
    if (endpoint.conversation) context_.tables.give_back(Table::Local);
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
    if (endpoint.attempt->flow) return fall_back_at(*endpoint.attempt);
    const auto repeat = Attempts::next_repeat(
        *endpoint.attempt, context_.config.timers.connection_sends, std::nullopt);
    return *earlier(fall_back_at(*endpoint.attempt), repeat);
}

bool Departures::handle_deadline(Slot slot, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<TemporaryEndpoint>();
    if (fall_back_at(*endpoint.attempt) <= now) {
        // BL-14: a copy that is there would wait for a minute, and in vain.
        if (endpoint.attempt->flow) release_unanswered(context_.tables.at(slot), now);
        give_up(slot);
        return true;
    }
    if (endpoint.attempt->flow) return false;
    attempts_.repeat(slot, context_.config.timers.connection_sends, std::nullopt, now);
    return false;
}

void Departures::release_unanswered(const Record& record, Instant now) {
    const Attempt& attempt = *record.as<TemporaryEndpoint>()->attempt;
    messages_.send_copy(wire::EncapsulationType::Release, attempt.target, record.tuple,
                        {attempt.id, attempt.flow->id().value()}, now);
}

bool Departures::is_lost(const Record& record, wire::FlowId flow) const {
    const auto* endpoint = record.as<TemporaryEndpoint>();
    return endpoint != nullptr && endpoint->attempt && endpoint->attempt->flow &&
           endpoint->attempt->flow->id() == flow;
}

void Departures::give_up(Slot slot) {
    context_.counters.add(Counter::MoveFellBack);
    end_attempt(*context_.tables.at(slot).as<TemporaryEndpoint>());
}

Instant Departures::fall_back_at(const Attempt& attempt) const {
    const auto& timers = context_.config.timers;
    if (attempt.flow && is_mutant(Mutant::WaitsForLateAnswer)) {
        return attempt.started + timers.blob_answer * 10;
    }
    if (attempt.flow && is_mutant(Mutant::GivesLostBlobUp)) {
        return attempt.started + timers.fall_back / 5;
    }
    if (attempt.flow) return attempt.started + timers.blob_answer;
    return std::min(attempt.clock + timers.fall_back, attempt.started + timers.attempt_life);
}

void Departures::end_attempt(TemporaryEndpoint& endpoint) {
    endpoint.attempt.reset();
    endpoint.phase = TemporaryEndpoint::Phase::Request;
    context_.tables.give_back(Table::Forward);
}

}  // namespace shunt::migrate::endpoint
