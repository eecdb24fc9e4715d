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
    if (slot) {
        const Record& record = context_.tables.at(*slot);
        if (departures_.is_accepted_by(record, frame.from, named, now)) {
            auto held = departures_.leave(*slot, named ? named->copy : 0, now);
            forwards_.begin(*slot, std::move(held), now);
            return slot;
        }
        if (forwards_.is_of_owner(record, frame.from, named)) {
            if (is_mutant(Mutant::AnswersOneAcknowledgement)) return std::nullopt;
            forwards_.release_again(*slot, now);
            return std::nullopt;
        }
    }
    refuse_stale(frame, slot, now);
    return std::nullopt;
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
    messages_.forward(frame.from, tuple, std::move(reset), now);
}

std::optional<Slot> HomeSide::handle_reject(const EncapsulatedFrame& frame, Instant now) {
    const auto reject = wire::RejectMessage::parse(frame.view);
    if (!reject) {
        context_.counters.add(reject.error());
        return std::nullopt;
    }
    const auto slot = slot_of(frame);
    const auto* entry = slot ? context_.tables.at(*slot).as<ForwardEntry>() : nullptr;
    if (reject->reason == wire::RejectReason::UnknownEndpoint && entry != nullptr &&
        entry->owner == frame.from && !entry->is_over) {
        return forwards_.handle_unknown(*slot, reject->id, now);
    }
    // A refusal that comes when the record is in Forward is one of before (EP-14).
    if (entry != nullptr && is_mutant(Mutant::RefusalEndsRecord)) {
        context_.tables.erase(*slot);
        return slot;
    }
    if (!slot || !departures_.is_refused_by(context_.tables.at(*slot), frame.from, *reject)) {
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
