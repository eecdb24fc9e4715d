// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/blob/flow_packets.hh"

#include <utility>

#include "shunt/base/mutant.hh"
#include "shunt/wire/flow_rewrite.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::migrate::blob {
namespace {

std::optional<wire::FlowId> flow_of(const wire::Ipv4View& packet) {
    if (packet.payload().size() < wire::kTcpHeaderSize) return std::nullopt;
    return wire::FlowId::from_ports(load_u16(packet.payload(), 0), load_u16(packet.payload(), 2));
}

}  // namespace

FlowPackets::FlowPackets(const farm::FarmConfig& config, const farm::Server& self,
                         const Identifiers& identifiers, PacketPool& pool, Counters& counters)
    : config_(config),
      self_(self),
      identifiers_(identifiers),
      counters_(counters),
      early_(config.timers.unknown_tuple_hold, config.limits.unknown_tuples,
             {kEarlyOfFlow, config.limits.held_bytes}),
      fragments_(pool, counters) {}

std::optional<FlowPackets::Received> FlowPackets::receive(farm::ServerId from, Packet packet,
                                                          Instant now) {
    auto ip = wire::Ipv4View::parse(packet.bytes());
    if (ip->is_fragment() && is_mutant(Mutant::DropsRewrittenFragments)) return std::nullopt;
    if (ip->is_fragment()) {
        auto whole = fragments_.add(*ip, now);
        if (!whole) return std::nullopt;
        packet = std::move(*whole);
        ip = wire::Ipv4View::parse(packet.bytes());
    }
    const auto flow = flow_of(*ip);
    if (!flow) {
        counters_.add(Counter::DropTcpTruncated);
        return std::nullopt;
    }
    packet.trim_back(packet.size() - ip->total_length());
    const auto known = identifiers_.find(from, *flow);
    // A home's come to its host, also when it has gone back; a host's come back (EP-27).
    const bool is_own = known && self_.has_service(known->tuple.service);
    const bool is_known = known && is_own == (known->giver == Giver::Self);
    if (!is_known && is_mutant(Mutant::DropsUnknownFlows)) return std::nullopt;
    if (!is_known) {
        if (!early_.keep(key_of(from, *flow), from, std::move(packet), now)) {
            counters_.add(Counter::DropHeldFull);
        }
        return std::nullopt;
    }
    auto whole = restored(std::move(packet), known->tuple);
    if (!whole) return std::nullopt;
    return Received{from, *flow, known->tuple, std::move(*whole)};
}

std::optional<Packet> FlowPackets::restored(Packet packet, const wire::ConnectionTuple& tuple) {
    if (const auto fault = wire::restore_tuple(packet.mutable_bytes(), tuple)) {
        counters_.add(*fault);
        return std::nullopt;
    }
    return packet;
}

std::vector<Packet> FlowPackets::take_early(farm::ServerId from, wire::FlowId flow) {
    const auto known = identifiers_.find(from, flow);
    std::vector<Packet> packets;
    if (!known || is_mutant(Mutant::HoldsNothingForBlobs)) return packets;
    for (Packet& packet : early_.take(key_of(from, flow), from)) {
        if (auto whole = restored(std::move(packet), known->tuple))
            packets.push_back(std::move(*whole));
    }
    return packets;
}

std::optional<FlowPackets::Unknown> FlowPackets::poll_unknown(Instant now) {
    fragments_.handle_deadline(now);
    while (fragments_.poll_expired()) {
    }
    const auto early = early_.pop_expired(now);
    if (!early) return std::nullopt;
    counters_.add(Counter::DropRewrittenUnknown);
    return Unknown{early->from,
                   wire::FlowId::from_ports(early->tuple.client_port, early->tuple.service_port)};
}

/// What names a flow where tuples do.
wire::ConnectionTuple FlowPackets::key_of(farm::ServerId from, wire::FlowId flow) const {
    return {config_.server_by_id(from)->forward_ips.front(), flow.source_port(),
            self_.forward_ips.front(), flow.destination_port()};
}

}  // namespace shunt::migrate::blob
