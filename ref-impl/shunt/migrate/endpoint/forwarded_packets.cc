// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/forwarded_packets.hh"

#include "shunt/base/mutant.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::migrate::endpoint {

namespace {

/// A defect: the connections are not safe from what nobody knows (SEC-5).
void evict(ConnectionTables& tables) {
    for (const Slot slot : tables.sorted_slots()) {
        if (tables.at(slot).table() == Table::ForwardConnect) return tables.erase(slot);
    }
}

}  // namespace

ForwardedPackets::ForwardedPackets(Context& context, Messages& messages)
    : context_(context),
      messages_(messages),
      early_(context.config.timers.unknown_tuple_hold, context.config.limits.unknown_tuples,
             context.held_limits()),
      fragments_(context.pool, context.counters) {}

std::optional<ForwardedPackets::Received> ForwardedPackets::receive(EncapsulatedFrame frame,
                                                                    Instant now) {
    const auto drop = [this](Counter counter) -> std::optional<Received> {
        context_.counters.add(counter);
        return std::nullopt;
    };
    const auto forwarded = wire::ForwardedPacket::parse(frame.view);
    if (!forwarded) return drop(forwarded.error());
    // SEC-2, SEC-12: only the home of the service may hand us its clients' packets; to the home
    // itself they may come back (EP-27).
    const wire::Ipv4Address destination = forwarded->packet().destination();
    if (!context_.is_home(frame.from, destination) && !context_.self.has_service(destination) &&
        !is_mutant(Mutant::TakesPacketsOfOthers)) {
        return drop(Counter::DropEncapsulationInnerDestination);
    }
    if (context_.config.is_farm_address(forwarded->packet().source()) &&
        !is_mutant(Mutant::TakesAnyInnerSource)) {
        return drop(Counter::DropEncapsulationInnerSource);
    }
    wire::ConnectionTuple tuple = forwarded->tuple();
    // An error goes to whom the packet that it quotes came from.
    if (forwarded->packet().destination() != tuple.service) {
        return drop(Counter::DropEncapsulationInnerDestination);
    }
    const bool is_icmp_error = forwarded->is_icmp_error();
    Packet packet = std::move(frame.datagram);
    packet.trim_front(wire::kEncapsulationHeaderSize);
    if (forwarded->packet().is_fragment()) {
        auto whole = reassemble(*forwarded, now);
        if (!whole || is_mutant(Mutant::DropsInnerFragments)) return std::nullopt;
        packet = std::move(*whole);
    }
    if (is_mutant(Mutant::FindsByForwardAddress)) tuple.service = frame.view.destination();
    return Received{frame.from, tuple, std::move(packet), is_icmp_error};
}

std::optional<Packet> ForwardedPackets::reassemble(const wire::ForwardedPacket& forwarded,
                                                   Instant now) {
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

void ForwardedPackets::keep_early(Received received, Instant now) {
    if (!early_.keep(received.tuple, received.from, std::move(received.packet), now)) {
        if (is_mutant(Mutant::EvictsForStrangers)) evict(context_.tables);
        context_.counters.add(Counter::DropHeldFull);
    }
}

void ForwardedPackets::handle_deadline(Instant now) {
    // The home has told the client's host whatever there is to tell: here fragments go in silence.
    fragments_.handle_deadline(now);
    while (fragments_.poll_expired()) {
    }
    while (const auto early = early_.pop_expired(now)) {
        context_.counters.add(Counter::DropForwardedUnknown);
        wire::MigrationId nobody;  // the ID of a tuple alone: iss and epoch are zero (EP-23)
        nobody.service = early->tuple.service;
        nobody.service_port = early->tuple.service_port;
        messages_.reject(early->from, early->tuple, nobody, wire::RejectReason::UnknownEndpoint,
                         now);
    }
}

}  // namespace shunt::migrate::endpoint
