// SPDX-License-Identifier: Apache-2.0
// ICMP at a server's front: errors about its connections come in (TCP-13), answers to what nobody
// here takes go out (IP-3; RFC 1122 3.2.2.1).
#include "shunt/base/mutant.hh"
#include "shunt/migrate/endpoint/icmp_errors.hh"
#include "shunt/node/node.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/quoted_packet.hh"
#include "shunt/wire/udp.hh"

namespace shunt::node {

using migrate::endpoint::forward_icmp_error;
using migrate::endpoint::take_icmp_error;

/// What an error quotes went the other way: from the service that now gets the message.
void Node::handle_icmp(Packet packet, Instant now) {
    const auto ip = *wire::Ipv4View::parse(packet.bytes());
    const auto message = wire::IcmpView::parse(ip);
    if (!message) return counters_.add(message.error());
    if (!wire::is_error(message->type())) return counters_.add(Counter::DropIcmpType);
    const auto quoted = wire::QuotedPacketView::parse(message->payload());
    if (!quoted) return counters_.add(quoted.error());
    const auto protocol = wire::to_transport_protocol(quoted->protocol());
    if (!protocol || quoted->source() != ip.destination()) {
        return counters_.add(Counter::DropIcmpUnrelated);
    }
    const wire::ConnectionTuple tuple{quoted->destination(), quoted->destination_port(),
                                      quoted->source(), quoted->source_port(), *protocol};
    if (*protocol == wire::TransportProtocol::Udp) {
        return handle_flow_error(std::move(packet), tuple, now);
    }
    const auto slot = tables_.find(tuple);
    if (!slot) return counters_.add(Counter::DropIcmpUnrelated);
    const auto* entry = tables_.at(*slot).as<migrate::ForwardEntry>();
    if (entry != nullptr && !entry->is_over) {
        return forward_icmp_error(context_, tuple, entry->owner, std::move(packet), now);
    }
    if (take_icmp_error(context_, *slot, *message, *quoted, now)) settle(*slot, now);
}

/// Nothing in a quoted datagram tells that it was ours, and no application here asks (EP-26).
void Node::handle_flow_error(Packet packet, const wire::ConnectionTuple& tuple, Instant now) {
    const migrate::Flow* flow = flows_.find(tuple);
    if (flow == nullptr) return counters_.add(Counter::DropIcmpUnrelated);
    const auto* moved = flow->as<migrate::ForwardedFlow>();
    if (moved == nullptr) return counters_.add(Counter::DropIcmpFlow);
    forward_icmp_error(context_, tuple, moved->owner, std::move(packet), now);
}

void Node::refuse_datagram(const wire::Ipv4View& ip, Instant now) {
    const auto datagram = wire::UdpView::parse(ip);
    if (!datagram) return counters_.add(datagram.error());
    counters_.add(Counter::DropUdpPort);
    if (is_mutant(Mutant::SilentAboutUdpPorts)) return;
    front_.send_port_unreachable(ip, now);
}

void Node::refuse_protocol(const wire::Ipv4View& ip, Instant now) {
    counters_.add(Counter::DropFrontProtocol);
    front_.send_protocol_unreachable(ip, now);
}

}  // namespace shunt::node
