// SPDX-License-Identifier: Apache-2.0
// ICMP at a server's front: errors about its connections come in (TCP-13), answers to what nobody
// here takes go out (IP-3; RFC 1122 3.2.2.1).
#include "shunt/node/node.hh"
#include "shunt/tcp/icmp_error.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/quoted_packet.hh"
#include "shunt/wire/udp.hh"

namespace shunt::node {
namespace {

tcp::IcmpError error_of(const wire::IcmpView& message, const wire::QuotedPacketView& quoted) {
    tcp::IcmpError error;
    error.type = message.type();
    error.code = message.code();
    error.sequence = quoted.sequence();
    error.quoted_length = quoted.total_length();
    if (error.is_fragmentation_needed()) error.next_hop_mtu = message.next_hop_mtu();
    return error;
}

}  // namespace

void Node::handle_icmp(const wire::Ipv4View& ip, Instant now) {
    const auto message = wire::IcmpView::parse(ip);
    if (!message) return counters_.add(message.error());
    if (!wire::is_error(message->type())) return counters_.add(Counter::DropIcmpType);
    const auto quoted = wire::QuotedPacketView::parse(message->payload());
    if (!quoted) return counters_.add(quoted.error());
    // What it quotes went the other way: from the service that now gets the message.
    const wire::ConnectionTuple tuple{quoted->destination(), quoted->destination_port(),
                                      quoted->source(), quoted->source_port(),
                                      wire::TransportProtocol::Tcp};
    const bool may_be_ours =
        quoted->protocol() == wire::IpProtocol::Tcp && quoted->source() == ip.destination();
    const auto slot = may_be_ours ? tables_.find(tuple) : std::nullopt;
    if (!slot) return counters_.add(Counter::DropIcmpUnrelated);
    migrate::Record& record = tables_.at(*slot);
    const auto* undecided = record.as<migrate::TemporaryEndpoint>();
    tcp::Connection* connection = record.connection();
    if (connection == nullptr || (undecided != nullptr && undecided->attempt)) {
        return counters_.add(Counter::DropIcmpMoved);
    }
    const tcp::IcmpError error = error_of(*message, *quoted);
    if (const auto dropped = connection->handle_icmp(error)) return counters_.add(*dropped);
    if (error.is_fragmentation_needed()) {
        path_mtus_.learn(tuple.client, connection->path_mtu(), now);
    }
    settle(*slot, now);
}

void Node::refuse_datagram(const wire::Ipv4View& ip, Instant now) {
    const auto datagram = wire::UdpView::parse(ip);
    if (!datagram) return counters_.add(datagram.error());
    counters_.add(Counter::DropUdpPort);
    front_.send_port_unreachable(ip, now);
}

void Node::refuse_protocol(const wire::Ipv4View& ip, Instant now) {
    counters_.add(Counter::DropFrontProtocol);
    front_.send_protocol_unreachable(ip, now);
}

}  // namespace shunt::node
