// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/arrivals.hh"

#include <algorithm>

#include "shunt/base/drawn_key.hh"
#include "shunt/base/mutant.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;
using wire::RejectReason;

namespace {

Counter counter_of(tcp::ImportError error) {
    return error == tcp::ImportError::NoRoom ? Counter::OfferFull : Counter::OfferMalformedState;
}

std::optional<wire::FlowId> flow_of(const ForwardConnectEndpoint& endpoint) {
    return endpoint.flow ? std::optional(endpoint.flow->id()) : std::nullopt;
}

/// A defect: a full table makes room, and whoever is first in it goes (TAB-2).
void evict(ConnectionTables& tables) {
    for (const Slot slot : tables.sorted_slots()) {
        if (tables.at(slot).table() == Table::ForwardConnect) return tables.erase(slot);
    }
}

}  // namespace

Arrivals::Arrivals(Context& context, Messages& messages, Imports& imports, EarlyPackets& early,
                   const tcp::Config& tcp_config)
    : context_(context),
      messages_(messages),
      imports_(imports),
      early_(early),
      tcp_config_(tcp_config),
      ended_(context.config.timers.two_msl, context.config.limits.remembered_offers),
      ended_key_(draw_key(context.rng)) {}

std::optional<Slot> Arrivals::handle_offer(const Offer& offer, Instant now) {
    const auto slot = context_.tables.find(offer.tuple);
    if (slot) {
        Record& record = context_.tables.at(*slot);
        auto* endpoint = record.as<ForwardConnectEndpoint>();
        SHUNT_ASSERT(endpoint != nullptr, "a tuple of another home's service is only moved in");
        if (is_same_attempt(*endpoint, offer) && flow_of(*endpoint) == offer.flow) {
            endpoint->last_offer = now;
            context_.counters.add(Counter::OfferRepeated);
            acknowledge(record, now);
            return slot;
        }
        if (!may_replace(*endpoint, offer)) {
            context_.counters.add(Counter::OfferStale);
            messages_.reject(offer.from, offer.tuple, offer.id, offer.flow,
                             RejectReason::TupleInUse, now);
            return std::nullopt;
        }
    }
    if (Import* import = imports_.find(offer.tuple)) {
        if (import->offer.id == offer.id) {
            context_.counters.add(Counter::OfferRepeated);
            imports_.ask_missing(*import, now);
            return std::nullopt;
        }
        if (!is_newer(offer, import->offer.id)) {
            context_.counters.add(Counter::OfferStale);
            messages_.reject(offer.from, offer.tuple, offer.id, offer.flow,
                             RejectReason::TupleInUse, now);
            return std::nullopt;
        }
        if (is_mutant(Mutant::EndsImportAtAnyOffer)) imports_.end(offer.tuple);
        // SEC-10: what a refused block would have replaced goes on.
        if (const auto refused = tcp::Connection::check_block(tcp_config_, offer.block)) {
            return refuse(offer, counter_of(*refused), now);
        }
        if (is_mutant(Mutant::KeepsOldPieces)) {
            import->offer = offer;
            return std::nullopt;
        }
        imports_.end(offer.tuple);
    }
    // A base home releases by any packet of the client: a late 0x01 of what is over would bring an
    // old endpoint to life (EP-8).
    if (ended_.contains(attempt_key(offer.tuple, offer.fingerprint), now)) {
        context_.counters.add(Counter::OfferEnded);
        return std::nullopt;
    }
    return begin(offer, slot, now);
}

std::uint64_t Arrivals::attempt_key(const wire::ConnectionTuple& tuple,
                                    std::uint64_t fingerprint) const {
    // The fingerprint is of the payload, which does not name the client.
    return tuple.hash({ended_key_.low, fingerprint});
}

bool Arrivals::is_same_attempt(const ForwardConnectEndpoint& endpoint, const Offer& offer) const {
    // A device that writes no epoch repeats an attempt byte for byte all the same.
    if (is_mutant(Mutant::CopiesAgainOnRepetition)) return false;
    if (offer.block.version != wire::ControlBlock::kVersion) {
        return endpoint.fingerprint == offer.fingerprint;
    }
    return endpoint.block_version == offer.block.version && endpoint.id == offer.id;
}

/// EP-17.
bool Arrivals::is_newer(const Offer& offer, const wire::MigrationId& id) {
    if (offer.block.version != wire::ControlBlock::kVersion) return true;
    if (offer.id.initial_send_sequence != id.initial_send_sequence) return true;
    return SequenceNumber(offer.id.epoch).after(SequenceNumber(id.epoch));
}

bool Arrivals::may_replace(const ForwardConnectEndpoint& endpoint, const Offer& offer) const {
    if (is_mutant(Mutant::CopiesAgainOnRepetition)) return true;
    // EP-17: never; a suspended one was released too.
    const bool has_acted = endpoint.is_released || endpoint.suspended_since;
    if (has_acted && !is_mutant(Mutant::ReplacesReleased)) return false;
    return is_newer(offer, endpoint.id);
}

std::optional<Slot> Arrivals::refuse(const Offer& offer, Counter counter, Instant now) {
    context_.counters.add(counter);
    const RejectReason reason = counter == Counter::OfferNoListener ? RejectReason::NoListener
                                : counter == Counter::OfferFull     ? RejectReason::Full
                                : counter == Counter::OfferDraining ? RejectReason::Draining
                                                                    : RejectReason::MalformedState;
    messages_.reject(offer.from, offer.tuple, offer.id, offer.flow, reason, now);
    return std::nullopt;
}

std::optional<Slot> Arrivals::begin(const Offer& offer, std::optional<Slot> replaced, Instant now) {
    const auto* listen = context_.config.listen_of(context_.self, offer.tuple.service_port);
    const bool is_begun = offer.block.has(wire::BlockFlag::Context);
    if (listen == nullptr || (!is_begun && !listen->takes_new_connections())) {
        return refuse(offer, Counter::OfferNoListener, now);
    }
    if (context_.is_draining && !is_mutant(Mutant::TakesOffersWhileDraining)) {
        return refuse(offer, Counter::OfferDraining, now);
    }
    if (!replaced && !context_.tables.has_room(Table::ForwardConnect)) {
        if (!is_mutant(Mutant::EvictsWhenFull)) return refuse(offer, Counter::OfferFull, now);
        evict(context_.tables);
    }
    if (is_mutant(Mutant::DropsOldCopyFirst) && replaced && !offer.block.validate()) {
        context_.tables.erase(*replaced);
        refuse(offer, Counter::OfferMalformedState, now);
        return replaced;
    }
    if (offer.whole != nullptr) return finish(offer, *offer.whole, replaced, now);
    const auto valid = offer.block.validate();
    if (context_.has_extensions() && valid && valid->announces_queues()) {
        return begin_import(offer, replaced, now);
    }
    // Whole as it is; the fine state, if there is one, may be here already.
    const auto slot = make_endpoint(
        offer, replaced,
        tcp::Connection::import_block(tcp_config_, identity_of(offer), offer.block, now), nullptr,
        now);
    for (const Imports::EarlyData& data : imports_.take_early(offer))
        if (slot) refine(*slot, data.queue, data.bytes, now);
    return slot;
}

std::optional<Slot> Arrivals::begin_import(const Offer& offer, std::optional<Slot> replaced,
                                           Instant now) {
    if (const auto refused = tcp::Connection::check_block(tcp_config_, offer.block)) {
        return refuse(offer, counter_of(*refused), now);
    }
    // The home has given the old copy up: it asked for another attempt (EP-17).
    if (replaced) context_.tables.erase(*replaced);
    if (imports_.begin(offer, Table::ForwardConnect, now) == nullptr) {
        refuse(offer, Counter::OfferFull, now);
        return replaced;
    }
    if (is_mutant(Mutant::AcknowledgesIncomplete)) {
        messages_.send_copy(EncapsulationType::Acknowledgement, offer.from, offer.tuple,
                            {offer.id, context_.rng.next_u32()}, now);
    }
    std::optional<Slot> changed = replaced;
    for (const Imports::EarlyData& data : imports_.take_early(offer)) {
        Import* import = imports_.find(offer.tuple);
        if (import == nullptr) break;  // it was complete, or refused
        if (auto made = take_part(*import, data.queue, data.offset, data.bytes, now))
            changed = made;
    }
    return changed;
}

std::optional<Slot> Arrivals::handle_data(const EncapsulatedFrame& frame,
                                          const wire::EndpointData& data, Instant now) {
    const wire::ConnectionTuple tuple = tuple_of(frame.view, data.id);
    Import* import = imports_.find(tuple);
    if (import != nullptr && (import->offer.id == data.id || is_mutant(Mutant::MixesAttempts))) {
        return take_part(*import, data.queue, data.offset, data.bytes, now);
    }
    const auto slot = context_.tables.find(tuple);
    const auto* endpoint = slot ? context_.tables.at(*slot).as<ForwardConnectEndpoint>() : nullptr;
    if (endpoint == nullptr || endpoint->id != data.id) {
        imports_.keep_early(frame, data, now);
        return std::nullopt;
    }
    context_.counters.add(Counter::DataRepeated);
    // Nothing waits for the fine state, so it may come last; but before the endpoint acts.
    if (!endpoint->is_released) refine(*slot, data.queue, data.bytes, now);
    return std::nullopt;
}

void Arrivals::refine(Slot slot, wire::EndpointQueue queue, ByteView bytes, Instant now) {
    const auto fine = wire::FineState::parse(bytes);
    if (queue != wire::EndpointQueue::FineState || !fine) return;
    context_.tables.at(slot).connection()->restore_fine_state(*fine, now);
}

std::optional<Slot> Arrivals::take_part(Import& import, wire::EndpointQueue queue,
                                        std::uint32_t offset, ByteView bytes, Instant now) {
    if (import.assembly.add(queue, offset, bytes)) {
        const Offer offer = import.offer;
        imports_.end(offer.tuple);
        return refuse(offer, Counter::OfferMalformedState, now);
    }
    return import.assembly.is_complete() ? finish(import, now) : std::nullopt;
}

std::optional<Slot> Arrivals::finish(Import& import, Instant now) {
    const Offer offer = import.offer;
    const tcp::Snapshot snapshot = import.assembly.take();
    imports_.end(offer.tuple);
    return finish(offer, snapshot, std::nullopt, now);
}

std::optional<Slot> Arrivals::finish(const Offer& offer, const tcp::Snapshot& snapshot,
                                     std::optional<Slot> replaced, Instant now) {
    std::unique_ptr<stack::Conversation> resumed;
    if (snapshot.block.has(wire::BlockFlag::Context)) {
        resumed = context_.applications.resume(offer.tuple.service_port, snapshot.context);
        if (!resumed && !is_mutant(Mutant::TakesAnyContext)) {
            return refuse(offer, Counter::OfferNoListener, now);
        }
    }
    return make_endpoint(
        offer, replaced,
        tcp::Connection::import_snapshot(tcp_config_, identity_of(offer), snapshot, now),
        std::move(resumed), now);
}

tcp::Identity Arrivals::identity_of(const Offer& offer) const {
    tcp::Identity identity = offer.identity();
    if (is_mutant(Mutant::AnswersFromOwnAddress)) {
        identity.local_address = context_.self.front_ip.address;
    }
    return identity;
}

std::optional<Slot> Arrivals::make_endpoint(const Offer& offer, std::optional<Slot> replaced,
                                            Result<tcp::Connection, tcp::ImportError> connection,
                                            std::unique_ptr<stack::Conversation> resumed,
                                            Instant now) {
    if (!connection) return refuse(offer, counter_of(connection.error()), now);
    std::optional<blob::Identifiers::Lease> flow;
    if (offer.flow) {
        flow = context_.blobs->identifiers().take(offer.from, *offer.flow, offer.tuple, offer.id);
        if (!flow) return refuse_flow(offer, now);
    }
    ForwardConnectEndpoint made = moved_in(std::move(*connection), offer, now);
    made.flow = std::move(flow);
    made.resumed = std::move(resumed);
    // The old copy goes only now that the new one is whole (SEC-10); it leaves its place to it.
    const Slot slot = place(offer.tuple, replaced, std::move(made));
    context_.counters.add(Counter::OfferAccepted);
    acknowledge(context_.tables.at(slot), now);
    return slot;
}

/// BL-10: it names another connection, or did a moment ago; or there is no room for one more.
std::optional<Slot> Arrivals::refuse_flow(const Offer& offer, Instant now) {
    if (!context_.blobs->identifiers().has_room()) return refuse(offer, Counter::OfferFull, now);
    context_.counters.add(Counter::OfferStale);
    messages_.reject(offer.from, offer.tuple, offer.id, offer.flow, RejectReason::TupleInUse, now);
    return std::nullopt;
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
    endpoint.home = offer.from;
    endpoint.id = offer.id;
    endpoint.block_version = offer.block.version;
    endpoint.fingerprint = offer.fingerprint;
    endpoint.copy =
        is_mutant(Mutant::NumbersCopiesAlike) ? offer.id.epoch : context_.rng.next_u32();
    if (is_mutant(Mutant::CountsCopiesFromStart)) {
        endpoint.copy = static_cast<std::uint32_t>(context_.counters.value(Counter::OfferAccepted));
    }
    if (offer.flow) endpoint.copy = offer.flow->value();
    endpoint.has_client_closed = tcp::has_peer_finished(endpoint.connection.state());
    endpoint.last_offer = now;
    endpoint.next_acknowledgement =
        offer.flow ? now + context_.config.timers.unreleased_life_blob  // a channel loses none
                   : now + acknowledgement_pause(0);
    for (Packet& packet : take_early(offer)) {
        if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
            context_.counters.add(Counter::DropHeldFull);
        }
    }
    return endpoint;
}

std::vector<Packet> Arrivals::take_early(const Offer& offer) {
    if (offer.flow) return context_.blobs->packets().take_early(offer.from, *offer.flow);
    return early_.take(offer.tuple, offer.from);
}

void Arrivals::acknowledge(Record& record, Instant now) {
    auto& endpoint = *record.as<ForwardConnectEndpoint>();
    endpoint.last_acknowledgement = now;
    context_.counters.add(Counter::AcknowledgementSent);
    if (context_.has_extensions()) {
        return messages_.send_copy(EncapsulationType::Acknowledgement, endpoint.home, record.tuple,
                                   {endpoint.id, endpoint.copy}, now);
    }
    messages_.send(endpoint.home, record.tuple, EncapsulationType::Acknowledgement,
                   context_.pool.take(), now);
}

Duration Arrivals::acknowledgement_pause(std::size_t repeated) const {
    const auto& timers = context_.config.timers;
    return repeated < timers.acknowledgement_repeats.size()
               ? timers.acknowledgement_repeats[repeated]
               : timers.acknowledgement_repeat_last;
}

Instant Arrivals::deadline(const ForwardConnectEndpoint& endpoint) const {
    return std::min(endpoint.next_acknowledgement, end_of_waiting(endpoint));
}

bool Arrivals::handle_deadline(Slot slot, Instant now) {
    Record& record = context_.tables.at(slot);
    auto& endpoint = *record.as<ForwardConnectEndpoint>();
    if (end_of_waiting(endpoint) <= now) {
        context_.counters.add(Counter::CopyExpired);
        context_.tables.erase(slot);
        return true;
    }
    if (endpoint.next_acknowledgement > now) return false;
    if (!is_mutant(Mutant::NeverRepeatsAcknowledgement)) acknowledge(record, now);
    endpoint.next_acknowledgement =
        endpoint.flow ? end_of_waiting(endpoint)
                      : now + acknowledgement_pause(++endpoint.acknowledgements_repeated);
    return false;
}

void Arrivals::remember_ended(const Record& record, Instant now) {
    const auto& endpoint = *record.as<ForwardConnectEndpoint>();
    ended_.remember(attempt_key(record.tuple, endpoint.fingerprint), now);
}

}  // namespace shunt::migrate::endpoint
