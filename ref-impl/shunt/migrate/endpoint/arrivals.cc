// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/arrivals.hh"

#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/wire/connection_information.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;
using wire::RejectReason;

Arrivals::Arrivals(Context& context, Messages& messages, EarlyPackets& early,
                   const tcp::Config& tcp_config)
    : context_(context),
      messages_(messages),
      early_(early),
      tcp_config_(tcp_config),
      ended_(context.config.timers.two_msl, context.config.limits.remembered_offers) {
    fingerprint_key_.low = context.rng.next_u64();
    fingerprint_key_.high = context.rng.next_u64();
}

std::optional<Arrivals::Offer> Arrivals::read_offer(const EncapsulatedFrame& frame) {
    const auto information = wire::ConnectionInformation::parse(frame.view);
    if (!information) {
        context_.counters.add(information.error());
        return std::nullopt;
    }
    // SEC-12: a connection comes from the home of its service address, and from nobody else.
    if (!context_.is_home(frame.from, information->service)) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const wire::ControlBlock& block = *information->block;
    Offer offer;
    offer.home = frame.from;
    offer.tuple = {frame.view.source(), frame.view.source_port(), information->service,
                   information->service_port, frame.view.protocol()};
    offer.id = {information->service, information->service_port, block.initial_send_sequence,
                block.epoch};
    offer.block = block;
    offer.fingerprint = siphash_2_4(fingerprint_key_, frame.view.payload());
    return offer;
}

std::optional<Slot> Arrivals::handle_connection(const EncapsulatedFrame& frame, Instant now) {
    const auto offer = read_offer(frame);
    if (!offer) return std::nullopt;
    const auto slot = context_.tables.find(offer->tuple);
    if (slot) {
        Record& record = context_.tables.at(*slot);
        auto* endpoint = record.as<ForwardConnectEndpoint>();
        SHUNT_ASSERT(endpoint != nullptr, "a tuple of another home's service is only moved in");
        if (is_same_attempt(*endpoint, *offer)) {
            endpoint->last_offer = now;
            context_.counters.add(Counter::OfferRepeated);
            acknowledge(record, now);
            return slot;
        }
        if (!may_replace(*endpoint, *offer)) {
            context_.counters.add(Counter::OfferStale);
            messages_.reject(offer->home, offer->tuple, offer->id, RejectReason::TupleInUse, now);
            return std::nullopt;
        }
    }
    // A base home releases by any packet of the client: a late 0x01 of what is over would bring an
    // old endpoint to life (EP-8).
    if (ended_.contains(attempt_key(offer->tuple, offer->fingerprint), now)) {
        context_.counters.add(Counter::OfferEnded);
        return std::nullopt;
    }
    return make_endpoint(*offer, slot, now);
}

std::uint64_t Arrivals::attempt_key(const wire::ConnectionTuple& tuple,
                                    std::uint64_t fingerprint) const {
    // The fingerprint is of the payload, which does not name the client.
    return tuple.hash({fingerprint_key_.low, fingerprint});
}

bool Arrivals::is_same_attempt(const ForwardConnectEndpoint& endpoint, const Offer& offer) const {
    // A device that writes no epoch repeats an attempt byte for byte all the same.
    if (is_mutant(Mutant::CopiesAgainOnRepetition)) return false;
    if (offer.block.version != wire::ControlBlock::kVersion) {
        return endpoint.fingerprint == offer.fingerprint;
    }
    return endpoint.block_version == offer.block.version && endpoint.id == offer.id;
}

bool Arrivals::may_replace(const ForwardConnectEndpoint& endpoint, const Offer& offer) const {
    if (is_mutant(Mutant::CopiesAgainOnRepetition)) return true;
    if (endpoint.is_released) return false;  // EP-17: never
    if (offer.block.version != wire::ControlBlock::kVersion) return true;
    if (offer.id.initial_send_sequence != endpoint.id.initial_send_sequence) return true;
    return SequenceNumber(offer.id.epoch).after(SequenceNumber(endpoint.id.epoch));
}

std::optional<Slot> Arrivals::make_endpoint(const Offer& offer, std::optional<Slot> replaced,
                                            Instant now) {
    const auto refuse = [&](RejectReason reason, Counter counter) -> std::optional<Slot> {
        context_.counters.add(counter);
        messages_.reject(offer.home, offer.tuple, offer.id, reason, now);
        return std::nullopt;
    };
    if (context_.config.listen_of(context_.self, offer.tuple.service_port) == nullptr) {
        return refuse(RejectReason::NoListener, Counter::OfferNoListener);
    }
    if (!replaced && !context_.tables.has_room(Table::ForwardConnect)) {
        return refuse(RejectReason::Full, Counter::OfferFull);
    }
    const auto& tuple = offer.tuple;
    tcp::Identity identity{tuple.service, tuple.service_port, tuple.client, tuple.client_port};
    if (is_mutant(Mutant::AnswersFromOwnAddress)) {
        identity.local_address = context_.self.front_ip.address;
    }
    auto connection = tcp::Connection::import_block(tcp_config_, identity, offer.block, now);
    if (!connection) {
        return connection.error() == tcp::ImportError::NoRoom
                   ? refuse(RejectReason::Full, Counter::OfferFull)
                   : refuse(RejectReason::MalformedState, Counter::OfferMalformedState);
    }
    // The old copy goes only now that the new one is whole (SEC-10); it leaves its place to it.
    const Slot slot = place(tuple, replaced, moved_in(std::move(*connection), offer, now));
    context_.counters.add(Counter::OfferAccepted);
    acknowledge(context_.tables.at(slot), now);
    return slot;
}

Slot Arrivals::place(const wire::ConnectionTuple& tuple, std::optional<Slot> replaced,
                     ForwardConnectEndpoint made) {
    if (!replaced) return context_.tables.insert(tuple, std::move(made));
    context_.tables.change(*replaced, std::move(made));
    return *replaced;
}

ForwardConnectEndpoint Arrivals::moved_in(tcp::Connection connection, const Offer& offer,
                                          Instant now) {
    ForwardConnectEndpoint endpoint(std::move(connection), context_.held_budget);
    endpoint.home = offer.home;
    endpoint.id = offer.id;
    endpoint.block_version = offer.block.version;
    endpoint.fingerprint = offer.fingerprint;
    endpoint.copy = context_.rng.next_u32();
    endpoint.is_released = is_mutant(Mutant::ReleasesItself);
    endpoint.last_offer = now;
    endpoint.next_acknowledgement = now + acknowledgement_pause(0);
    for (Packet& packet : early_.take(offer.tuple, offer.home)) {
        if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
            context_.counters.add(Counter::DropHeldFull);
        }
    }
    return endpoint;
}

void Arrivals::acknowledge(const Record& record, Instant now) {
    const auto& endpoint = *record.as<ForwardConnectEndpoint>();
    context_.counters.add(Counter::AcknowledgementSent);
    if (context_.has_extensions()) {
        return messages_.send_copy(EncapsulationType::Acknowledgement, endpoint.home, record.tuple,
                                   {endpoint.id, endpoint.copy}, now);
    }
    messages_.send(endpoint.home, record.tuple, EncapsulationType::Acknowledgement,
                   context_.pool.take(), now);
}

Duration Arrivals::life_without_offer() const {
    return context_.config.timers.unreleased_life(context_.has_extensions());
}

Duration Arrivals::acknowledgement_pause(std::size_t repeated) const {
    const auto& timers = context_.config.timers;
    return repeated < timers.acknowledgement_repeats.size()
               ? timers.acknowledgement_repeats[repeated]
               : timers.acknowledgement_repeat_last;
}

Instant Arrivals::deadline(const ForwardConnectEndpoint& endpoint) const {
    return std::min(endpoint.next_acknowledgement, endpoint.last_offer + life_without_offer());
}

bool Arrivals::handle_deadline(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& endpoint = *record.as<ForwardConnectEndpoint>();
    if (endpoint.last_offer + life_without_offer() <= now) {
        context_.counters.add(Counter::CopyExpired);
        context_.tables.erase(slot);
        return true;
    }
    if (endpoint.next_acknowledgement > now) return false;
    if (!is_mutant(Mutant::NeverRepeatsAcknowledgement)) acknowledge(record, now);
    endpoint.next_acknowledgement =
        now + acknowledgement_pause(++endpoint.acknowledgements_repeated);
    return false;
}

void Arrivals::remember_ended(const Record& record, Instant now) {
    const auto& endpoint = *record.as<ForwardConnectEndpoint>();
    ended_.remember(attempt_key(record.tuple, endpoint.fingerprint), now);
}

}  // namespace shunt::migrate::endpoint
