// SPDX-License-Identifier: Apache-2.0
// UDP: a client's datagram begins a flow, belongs to one, or is for nobody; what belongs to a flow
// that is served here goes to the application (docs/protocol/endpoint.md, EP-50 to EP-52).
#include "shunt/base/mutant.hh"
#include "shunt/node/echo.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/udp.hh"

namespace shunt::node {

using migrate::ForwardedFlow;

namespace {

constexpr auto kUdp = wire::TransportProtocol::Udp;

// What a target must not do (EP-52).
void replace_source(Packet& packet, wire::Ipv4Address source) {
    const MutableBytes bytes = packet.mutable_bytes();
    store_u32(bytes, 12, source.value());
    store_u16(bytes, 10, 0);
    store_u16(bytes, 10, wire::internet_checksum(packet.bytes().first(wire::kIpv4HeaderSize)));
    store_u16(bytes, wire::kIpv4HeaderSize + 6, 0);
}

}  // namespace

void Node::handle_datagram(Packet packet, Instant now) {
    const auto ip = *wire::Ipv4View::parse(packet.bytes());
    const auto tuple = wire::ConnectionTuple::from_client_packet(ip);
    const migrate::Flow* flow = tuple ? flows_.find(*tuple) : nullptr;
    // The owner's stack verifies what is forwarded; the bytes go as they came (EP-21).
    if (flow != nullptr && flow->as<ForwardedFlow>() != nullptr) {
        if (is_too_long_to_forward(farm_link_.payload_max(), packet, now)) return;
        return flows_.handle_datagram(*tuple, std::move(packet), now);
    }
    const bool is_taken =
        tuple && self_.has_service(ip.destination()) &&
        !farm::listening_servers(config_, self_.id, tuple->service_port, kUdp).empty();
    if (!is_taken) return refuse_datagram(ip, now);
    const auto datagram = wire::UdpView::parse(ip);
    if (!datagram) return counters_.add(datagram.error());
    if (flow == nullptr) {
        open_flow(*tuple, std::move(packet), now);
    } else {
        flows_.handle_datagram(*tuple, std::move(packet), now);
    }
    serve_datagrams(now);
}

/// SEL-1 at the first datagram, which says nothing of a server: state decides.
void Node::open_flow(const wire::ConnectionTuple& tuple, Packet packet, Instant now) {
    const auto candidates = candidates_for(tuple.service_port, tuple.protocol, now);
    farm::SelectionInput input;
    input.self = self_.id;
    input.candidates = candidates;
    const farm::Decision decision = farm::select_server(input, urls_);
    flows_.open(tuple, std::move(packet), {decision.servers.begin(), decision.servers.end()}, now);
}

void Node::serve_datagrams(Instant now) {
    while (const auto delivery = flows_.poll_delivery())
        serve_datagram(*delivery, now);
}

void Node::serve_datagram(const migrate::FlowDelivery& delivery, Instant now) {
    const auto ip = wire::Ipv4View::parse(delivery.packet.bytes());
    SHUNT_ASSERT(ip, "headers are verified before a packet belongs to a flow");
    const auto datagram = wire::UdpView::parse(*ip);
    if (!datagram) return counters_.add(datagram.error());
    if (config_.listen_of(self_, delivery.tuple.service_port, kUdp) == nullptr) {
        counters_.add(Counter::ConnectionUnserved);  // SEL-4, EP-6
        return front_.send_port_unreachable(*ip, now);
    }
    auto answer = echo_answer(*ip, *datagram, self_.name, front_.config().mtu, pool_);
    if (!answer) return counters_.add(Counter::DropUdpUnanswered);
    if (is_mutant(Mutant::AnswersFlowsAsItself)) replace_source(*answer, self_.front_ip.address);
    front_.send_ipv4(std::move(*answer), now);
}

Result<MoveStarted, ApiFailure> Node::migrate_flow(const wire::ConnectionTuple& tuple,
                                                   farm::ServerId target, Instant now) {
    const migrate::Flow* flow = flows_.find(tuple);
    if (flow == nullptr || flow->as<ForwardedFlow>() != nullptr) {
        return Failure{ApiFailure{ApiError::UnknownConnection, "no such flow is here"}};
    }
    if (const auto refusal = flows_.move(tuple, target, now)) {
        return Failure{ApiFailure{ApiError::NotMovable, migrate::describe(*refusal)}};
    }
    return MoveStarted{flow->as<migrate::OfferedFlow>()->id.epoch};
}

}  // namespace shunt::node
