// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/target_side.hh"

#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/client_packet.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::migrate::endpoint {

using wire::EncapsulationType;
using wire::RejectReason;

namespace {

wire::ConnectionTuple tuple_of(const wire::EncapsulationView& view, wire::Ipv4Address service,
                               std::uint16_t service_port) {
    return {view.source(), view.source_port(), service, service_port, view.protocol()};
}

}  // namespace

TargetSide::TargetSide(Context& context, const tcp::Config& tcp_config)
    : context_(context),
      tcp_config_(tcp_config),
      early_(context.config.timers.unknown_tuple_hold, context.config.limits.unknown_tuples,
             context.held_limits()),
      fragments_(context.pool, context.counters),
      ended_(context.config.timers.two_msl, context.config.limits.remembered_offers) {
    fingerprint_key_.low = context.rng.next_u64();
    fingerprint_key_.high = context.rng.next_u64();
}

bool TargetSide::is_home(farm::ServerId server, wire::Ipv4Address service) const {
    const farm::Server* home = context_.config.home_of_service(service);
    return home != nullptr && home->id == server;
}

std::optional<TargetSide::Offer> TargetSide::read_offer(const EncapsulatedFrame& frame) {
    const auto information = wire::ConnectionInformation::parse(frame.view);
    if (!information) {
        context_.counters.add(information.error());
        return std::nullopt;
    }
    // SEC-12: a connection comes from the home of its service address, and from nobody else.
    if (!is_home(frame.from, information->service)) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const wire::ControlBlock& block = *information->block;
    Offer offer;
    offer.home = frame.from;
    offer.tuple = tuple_of(frame.view, information->service, information->service_port);
    offer.id = {information->service, information->service_port, block.initial_send_sequence,
                block.epoch};
    offer.block = block;
    offer.fingerprint = siphash_2_4(fingerprint_key_, frame.view.payload());
    return offer;
}

std::optional<Slot> TargetSide::handle_connection(const EncapsulatedFrame& frame, Instant now) {
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
            reject(offer->home, offer->tuple, offer->id, RejectReason::TupleInUse, now);
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

std::uint64_t TargetSide::attempt_key(const wire::ConnectionTuple& tuple,
                                      std::uint64_t fingerprint) const {
    // The fingerprint is of the payload, which does not name the client.
    return tuple.hash({fingerprint_key_.low, fingerprint});
}

bool TargetSide::is_same_attempt(const ForwardConnectEndpoint& endpoint, const Offer& offer) const {
    // A device that writes no epoch repeats an attempt byte for byte all the same.
    if (is_mutant(Mutant::CopiesAgainOnRepetition)) return false;
    if (offer.block.version != wire::ControlBlock::kVersion) {
        return endpoint.fingerprint == offer.fingerprint;
    }
    return endpoint.block_version == offer.block.version && endpoint.id == offer.id;
}

bool TargetSide::may_replace(const ForwardConnectEndpoint& endpoint, const Offer& offer) const {
    if (is_mutant(Mutant::CopiesAgainOnRepetition)) return true;
    if (endpoint.is_released) return false;  // EP-17: never
    if (offer.block.version != wire::ControlBlock::kVersion) return true;
    if (offer.id.initial_send_sequence != endpoint.id.initial_send_sequence) return true;
    return SequenceNumber(offer.id.epoch).after(SequenceNumber(endpoint.id.epoch));
}

std::optional<Slot> TargetSide::make_endpoint(const Offer& offer, std::optional<Slot> replaced,
                                              Instant now) {
    const auto refuse = [&](RejectReason reason, Counter counter) -> std::optional<Slot> {
        context_.counters.add(counter);
        reject(offer.home, offer.tuple, offer.id, reason, now);
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
    if (is_mutant(Mutant::ReleasesItself)) release(slot, now);
    return slot;
}

Slot TargetSide::place(const wire::ConnectionTuple& tuple, std::optional<Slot> replaced,
                       ForwardConnectEndpoint made) {
    if (!replaced) return context_.tables.insert(tuple, std::move(made));
    context_.tables.change(*replaced, std::move(made));
    return *replaced;
}

ForwardConnectEndpoint TargetSide::moved_in(tcp::Connection connection, const Offer& offer,
                                            Instant now) {
    ForwardConnectEndpoint endpoint(std::move(connection), context_.held_budget);
    endpoint.home = offer.home;
    endpoint.id = offer.id;
    endpoint.block_version = offer.block.version;
    endpoint.fingerprint = offer.fingerprint;
    endpoint.copy = context_.rng.next_u32();
    endpoint.last_offer = now;
    endpoint.next_acknowledgement = now + acknowledgement_pause(0);
    for (Packet& packet : early_.take(offer.tuple, offer.home)) {
        if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
            context_.counters.add(Counter::DropHeldFull);
        }
    }
    return endpoint;
}

std::optional<Slot> TargetSide::handle_forwarded(EncapsulatedFrame frame, Instant now) {
    const auto forwarded = wire::ForwardedPacket::parse(frame.view);
    if (!forwarded) {
        context_.counters.add(forwarded.error());
        return std::nullopt;
    }
    // SEC-2, SEC-12: only the home of the service may hand us its clients' packets.
    if (!is_home(frame.from, forwarded->packet().destination())) {
        context_.counters.add(Counter::DropEncapsulationInnerDestination);
        return std::nullopt;
    }
    if (context_.config.is_farm_address(forwarded->packet().source())) {
        context_.counters.add(Counter::DropEncapsulationInnerSource);
        return std::nullopt;
    }
    if (forwarded->is_icmp_error()) {
        context_.counters.add(Counter::DropForwardedKind);
        return std::nullopt;
    }
    const wire::ConnectionTuple tuple = forwarded->tuple();
    Packet packet = std::move(frame.datagram);
    packet.trim_front(wire::kEncapsulationHeaderSize);
    if (forwarded->packet().is_fragment()) {
        auto whole = reassemble(*forwarded, now);
        if (!whole) return std::nullopt;
        packet = std::move(*whole);
    }
    const auto slot = context_.tables.find(tuple);
    if (!slot) {
        if (!early_.keep(tuple, frame.from, std::move(packet), now)) {
            context_.counters.add(Counter::DropHeldFull);
        }
        return std::nullopt;
    }
    auto& endpoint = *context_.tables.at(*slot).as<ForwardConnectEndpoint>();
    if (!endpoint.is_released) return handle_unreleased(*slot, std::move(packet), now);
    deliver(*slot, packet, now);
    return slot;
}

std::optional<Packet> TargetSide::reassemble(const wire::ForwardedPacket& forwarded, Instant now) {
    auto whole = fragments_.add(forwarded.packet(), now);
    if (!whole) return std::nullopt;
    // Now there are ports to compare (FRM-6).
    const auto ip = wire::Ipv4View::parse(whole->bytes());
    if (wire::ConnectionTuple::from_client_packet(*ip) != forwarded.tuple()) {
        context_.counters.add(Counter::DropEncapsulationInnerSource);
        return std::nullopt;
    }
    return whole;
}

std::optional<Slot> TargetSide::handle_unreleased(Slot slot, Packet packet, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    const bool is_base = !context_.has_extensions();
    // A bit that flipped on the way could make a release of the home's reset (EP-10, EP-13).
    if (is_base && !is_intact(packet.bytes())) {
        context_.counters.add(Counter::DropTcpChecksum);
        return std::nullopt;
    }
    if (is_base && flags_of(packet.bytes()).reset) {
        // A reset at just the expected number ends the copy unseen (EP-10); any other is nothing.
        if (sequence_of(packet.bytes()) != endpoint.connection.receive_next()) {
            context_.counters.add(Counter::DropForwardedUnreleasedReset);
            return std::nullopt;
        }
        context_.counters.add(Counter::CopyReset);
        context_.tables.erase(slot);
        return slot;
    }
    if (!endpoint.held.hold(std::move(packet), context_.held_limits())) {
        context_.counters.add(Counter::DropHeldFull);
    }
    if (!is_base) return std::nullopt;
    release(slot, now);
    return slot;
}

void TargetSide::release(Slot slot, Instant now) {
    auto& endpoint = *context_.tables.at(slot).as<ForwardConnectEndpoint>();
    endpoint.is_released = true;
    context_.counters.add(Counter::CopyReleased);
    for (const Packet& packet : endpoint.held.take_all())
        deliver(slot, packet, now);
}

void TargetSide::deliver(Slot slot, const Packet& packet, Instant now) {
    const auto ip = wire::Ipv4View::parse(packet.bytes());
    SHUNT_ASSERT(static_cast<bool>(ip), "the inner header was verified before (FRM-6)");
    const auto segment = wire::TcpView::parse(*ip);
    if (!segment) return context_.counters.add(segment.error());
    auto& connection = *context_.tables.at(slot).connection();
    if (const auto dropped = connection.handle_segment(*segment, now)) {
        context_.counters.add(*dropped);
    }
}

std::optional<Slot> TargetSide::handle_go(const EncapsulatedFrame& frame, Instant now) {
    const auto go = wire::MigrationCopy::parse(frame.view);
    if (!go) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto tuple = tuple_of(frame.view, go->id.service, go->id.service_port);
    if (!is_home(frame.from, go->id.service)) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto slot = context_.tables.find(tuple);
    if (!slot) {
        context_.counters.add(Counter::GoUnknown);
        reject(frame.from, tuple, go->id, RejectReason::UnknownEndpoint, now);
        return std::nullopt;
    }
    const auto& endpoint = *context_.tables.at(*slot).as<ForwardConnectEndpoint>();
    if (endpoint.is_released || endpoint.id != go->id || endpoint.copy != go->copy) {
        if (!endpoint.is_released) context_.counters.add(Counter::GoStale);
        return std::nullopt;
    }
    release(*slot, now);
    return slot;
}

std::optional<Slot> TargetSide::handle_release(const EncapsulatedFrame& frame) {
    const auto unwanted = wire::MigrationCopy::parse(frame.view);
    if (!unwanted) {
        context_.counters.add(Counter::DropEncapsulationPayload);
        return std::nullopt;
    }
    const auto slot =
        context_.tables.find(tuple_of(frame.view, unwanted->id.service, unwanted->id.service_port));
    const auto* endpoint = slot ? context_.tables.at(*slot).as<ForwardConnectEndpoint>() : nullptr;
    if (endpoint == nullptr || endpoint->home != frame.from || endpoint->id != unwanted->id ||
        endpoint->copy != unwanted->copy) {
        context_.counters.add(Counter::ReleaseStale);
        return std::nullopt;
    }
    context_.counters.add(Counter::CopyUnwanted);
    context_.tables.erase(*slot);
    return slot;
}

Duration TargetSide::life_without_offer() const {
    return context_.config.timers.unreleased_life(context_.has_extensions());
}

Duration TargetSide::acknowledgement_pause(std::size_t repeated) const {
    const auto& timers = context_.config.timers;
    return repeated < timers.acknowledgement_repeats.size()
               ? timers.acknowledgement_repeats[repeated]
               : timers.acknowledgement_repeat_last;
}

std::optional<Instant> TargetSide::deadline(const ForwardConnectEndpoint& endpoint) const {
    if (endpoint.is_released) return std::nullopt;
    return std::min(endpoint.next_acknowledgement, endpoint.last_offer + life_without_offer());
}

bool TargetSide::handle_deadline(Slot slot, Instant now) {
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

void TargetSide::handle_early_deadline(Instant now) {
    // The home has told the client's host whatever there is to tell: here fragments go in silence.
    fragments_.handle_deadline(now);
    while (fragments_.poll_expired()) {
    }
    while (const auto early = early_.pop_expired(now)) {
        context_.counters.add(Counter::DropForwardedUnknown);
        wire::MigrationId nobody;  // the ID of a tuple alone: iss and epoch are zero (EP-23)
        nobody.service = early->tuple.service;
        nobody.service_port = early->tuple.service_port;
        reject(early->from, early->tuple, nobody, RejectReason::UnknownEndpoint, now);
    }
}

void TargetSide::announce_closed(const Record& record, Instant now) {
    const auto& endpoint = *record.as<ForwardConnectEndpoint>();
    if (!context_.has_extensions()) {
        ended_.remember(attempt_key(record.tuple, endpoint.fingerprint), now);
        return;
    }
    Packet payload = context_.pool.take();
    wire::MigrationCopy{endpoint.id, endpoint.copy}.append_to(payload);
    send(endpoint.home, record.tuple, EncapsulationType::Release, std::move(payload), now);
}

void TargetSide::acknowledge(const Record& record, Instant now) {
    const auto& endpoint = *record.as<ForwardConnectEndpoint>();
    Packet payload = context_.pool.take();
    if (context_.has_extensions()) {
        wire::MigrationCopy{endpoint.id, endpoint.copy}.append_to(payload);
    }
    context_.counters.add(Counter::AcknowledgementSent);
    send(endpoint.home, record.tuple, EncapsulationType::Acknowledgement, std::move(payload), now);
}

void TargetSide::reject(farm::ServerId home, const wire::ConnectionTuple& tuple,
                        const wire::MigrationId& id, RejectReason reason, Instant now) {
    if (!context_.has_extensions()) return;  // base: silence (EP-7)
    Packet payload = context_.pool.take();
    wire::RejectMessage{id, reason}.append_to(payload);
    context_.counters.add(Counter::RejectSent);
    send(home, tuple, EncapsulationType::Reject, std::move(payload), now);
}

void TargetSide::send(farm::ServerId home, const wire::ConnectionTuple& tuple,
                      EncapsulationType type, Packet payload, Instant now) {
    wire::EncapsulationHeader header;
    header.source = tuple.client;
    header.source_port = tuple.client_port;
    header.destination = context_.config.server_by_id(home)->forward_ip_for(tuple.service);
    header.destination_port = tuple.service_port;
    header.type = type;
    header.protocol = tuple.protocol;
    context_.link.send(home, header, std::move(payload), now);
}

}  // namespace shunt::migrate::endpoint
