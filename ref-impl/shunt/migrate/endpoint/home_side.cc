// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/home_side.hh"

#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/client_packet.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;

std::optional<Slot> HomeSide::slot_of(const EncapsulatedFrame& frame) const {
    const auto tuple = messages_.tuple_of_answer(frame.view);
    return tuple ? context_.tables.find(*tuple) : std::nullopt;
}

Result<wire::MigrationId, MoveRefusal> HomeSide::start_move(Slot slot, farm::ServerId target,
                                                            Instant now) {
    auto started = departures_.start(slot, target, now);
    if (!started || !exchange_.attempts.is_eager(context_.tables.at(slot))) return started;
    if (context_.tables.at(slot).attempt()->times_sent == 0) return started;  // it falls back
    // BL-14: the host acts by the blob alone, and what is held follows it.
    const wire::FlowId flow = context_.tables.at(slot).attempt()->flow->id();
    auto held = departures_.leave(slot, flow.value(), now);
    context_.tables.at(slot).as<ForwardEntry>()->is_unacknowledged = true;
    forwards_.begin(slot, std::move(held), now);
    return started;
}

std::optional<Slot> HomeSide::handle_connection(const EncapsulatedFrame& frame, Instant now) {
    const auto offer = read_offer(frame, exchange_.fingerprint_key, context_.counters);
    if (!offer) return std::nullopt;
    if (!context_.has_extensions()) {  // SEC-12: it comes from its home, and that is here
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    return homecomings_.handle_offer(*offer, now);
}

std::optional<Slot> HomeSide::handle_data(const EncapsulatedFrame& frame, Instant now) {
    const auto data = wire::EndpointData::parse(frame.view);
    if (!data) {
        context_.counters.add(data.error());
        return std::nullopt;
    }
    return homecomings_.handle_data(frame, *data, now);
}

std::optional<ForwardedPackets::Received> HomeSide::take_returned(
    ForwardedPackets::Received received, Instant now) {
    const auto slot = context_.tables.find(received.tuple);
    const auto* entry = slot ? context_.tables.at(*slot).as<ForwardEntry>() : nullptr;
    const bool is_owner = entry != nullptr && entry->owner == received.from;
    if (!is_owner && !homecomings_.is_former_owner(received.tuple, received.from, now)) {
        context_.counters.add(Counter::DropReturnedStranger);
        return std::nullopt;
    }
    return received;
}

std::optional<Slot> HomeSide::handle_acknowledgement(const EncapsulatedFrame& frame, Instant now) {
    const auto slot = slot_of(frame);
    const auto named = wire::MigrationCopy::parse(frame.view);
    if (context_.has_extensions() && !named) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const std::optional<wire::MigrationCopy> said = named ? std::optional(*named) : std::nullopt;
    if (slot && is_expected(*slot, frame.from, said, now)) {
        return follow_acknowledgement(*slot, frame.from, said, now);
    }
    refuse_stale(frame, slot, now);
    return std::nullopt;
}

std::optional<Slot> HomeSide::handle_acknowledgement(farm::ServerId from,
                                                     const wire::ConnectionTuple& tuple,
                                                     const wire::MigrationCopy& named,
                                                     Instant now) {
    const auto slot = context_.tables.find(tuple);
    if (slot && is_expected(*slot, from, named, now)) {
        return follow_acknowledgement(*slot, from, named, now);
    }
    context_.counters.add(Counter::AcknowledgementStale);
    messages_.send_copy(EncapsulationType::Release, from, tuple, named, now);  // EP-16
    return std::nullopt;
}

bool HomeSide::is_expected(Slot slot, farm::ServerId from,
                           const std::optional<wire::MigrationCopy>& named, Instant now) const {
    const Record& record = context_.tables.at(slot);
    return departures_.is_accepted_by(record, from, named, now) ||
           forwards_.is_of_owner(record, from, named);
}

std::optional<Slot> HomeSide::follow_acknowledgement(
    Slot slot, farm::ServerId from, const std::optional<wire::MigrationCopy>& named, Instant now) {
    if (departures_.is_accepted_by(context_.tables.at(slot), from, named, now)) {
        auto held = departures_.leave(slot, named ? named->copy : 0, now);
        forwards_.begin(slot, std::move(held), now);
        return slot;
    }
    if (is_mutant(Mutant::AnswersOneAcknowledgement)) return std::nullopt;
    forwards_.release_again(slot, now);
    return std::nullopt;
}

void HomeSide::handle_commit_answer(farm::ServerId from, const wire::ConnectionTuple& tuple,
                                    const wire::MigrationCopy& named, Instant now) {
    const auto slot = context_.tables.find(tuple);
    if (slot && forwards_.is_of_owner(context_.tables.at(*slot), from, named)) {
        forwards_.hear_of_owner(*slot, now);
    }
}

std::optional<Slot> HomeSide::handle_loss(const wire::ConnectionTuple& tuple, wire::FlowId flow,
                                          Instant now) {
    const auto slot = context_.tables.find(tuple);
    if (!slot) return std::nullopt;
    if (forwards_.is_unacknowledged(context_.tables.at(*slot), flow))
        forwards_.lose_answer(*slot, now);
    if (!departures_.is_lost(context_.tables.at(*slot), flow)) return std::nullopt;
    departures_.give_up(*slot);
    return slot;
}

std::optional<Slot> HomeSide::handle_eager_refusal(const wire::ConnectionTuple& tuple,
                                                   wire::FlowId flow) {
    const auto slot = context_.tables.find(tuple);
    if (!slot || !forwards_.is_unacknowledged(context_.tables.at(*slot), flow)) return std::nullopt;
    forwards_.handle_refused_eager(*slot);
    return slot;
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
    const auto sequence =
        slot ? sequence_at_freeze(context_.tables.at(*slot)) : std::optional<SequenceNumber>();
    if (!sequence) return;
    const wire::ConnectionTuple& tuple = context_.tables.at(*slot).tuple;
    Packet reset = context_.pool.take();
    write_client_reset(tuple, *sequence, reset);
    messages_.forward(frame.from, tuple, std::nullopt, std::move(reset), now);
}

std::optional<Slot> HomeSide::handle_reject(const EncapsulatedFrame& frame, Instant now) {
    const auto reject = wire::RejectMessage::parse(frame.view);
    if (!reject) {
        context_.counters.add(reject.error());
        return std::nullopt;
    }
    return follow_reject(slot_of(frame), frame.from, *reject, now);
}

std::optional<Slot> HomeSide::follow_reject(std::optional<Slot> slot, farm::ServerId from,
                                            const wire::RejectMessage& reject, Instant now) {
    const auto* entry = slot ? context_.tables.at(*slot).as<ForwardEntry>() : nullptr;
    if (reject.reason == wire::RejectReason::UnknownEndpoint && entry != nullptr &&
        entry->owner == from && !entry->is_over) {
        return forwards_.handle_unknown(*slot, reject.id, now);
    }
    // A refusal that comes when the record is in Forward is one of before (EP-14).
    if (entry != nullptr && is_mutant(Mutant::RefusalEndsRecord)) {
        context_.tables.erase(*slot);
        return slot;
    }
    if (!slot || !departures_.is_refused_by(context_.tables.at(*slot), from, reject)) {
        context_.counters.add(Counter::RejectStale);
        return std::nullopt;
    }
    departures_.end_refused(*slot);
    return slot;
}

bool HomeSide::handle_forward_deadline(Slot slot, bool may_ask, Instant now) {
    const Record& record = context_.tables.at(slot);
    const wire::ConnectionTuple tuple = record.tuple;
    const farm::ServerId owner = record.as<ForwardEntry>()->owner;
    if (!forwards_.handle_deadline(slot, may_ask, now)) return false;
    // A SYN that it returns may be on its way (EP-32).
    if (!is_mutant(Mutant::ForgetsFormerOwner)) homecomings_.remember_owner(tuple, owner, now);
    return true;
}

std::optional<Instant> HomeSide::deadline(const Record& record) const {
    if (const auto* entry = record.as<ForwardEntry>()) return forwards_.deadline(*entry);
    const auto* endpoint = record.as<TemporaryEndpoint>();
    if (endpoint == nullptr || !endpoint->attempt) return std::nullopt;
    return departures_.deadline(*endpoint);
}

}  // namespace shunt::migrate::endpoint
