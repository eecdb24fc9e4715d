// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/client_packet.hh"

#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::migrate::endpoint {
namespace {

std::optional<wire::TcpView> tcp_of(ByteView packet) {
    const auto ip = wire::Ipv4View::parse(packet);
    if (!ip || ip->protocol() != wire::IpProtocol::Tcp) return std::nullopt;
    const auto segment = wire::TcpView::parse(*ip);
    if (!segment) return std::nullopt;
    return *segment;
}

}  // namespace

wire::TcpFlags flags_of(ByteView packet) {
    constexpr std::size_t offset_of_flags = 13;
    const auto ip = wire::Ipv4View::parse(packet);
    if (!ip || ip->protocol() != wire::IpProtocol::Tcp || ip->is_fragment() ||
        ip->payload().size() <= offset_of_flags) {
        return {};
    }
    return wire::TcpFlags::from_byte(ip->payload()[offset_of_flags]);
}

bool is_intact(ByteView packet) {
    return tcp_of(packet).has_value();
}

std::optional<SequenceNumber> sequence_of(ByteView packet) {
    const auto segment = tcp_of(packet);
    if (!segment) return std::nullopt;
    return segment->sequence();
}

std::optional<SequenceNumber> sequence_at_freeze(const Record& record) {
    if (const auto* entry = record.as<ForwardEntry>()) {
        return entry->first_client_byte;
    }
    if (record.as<ForwardConnectEndpoint>() != nullptr) return std::nullopt;
    return record.connection()->initial_receive_sequence() + 1;
}

void write_client_reset(const wire::ConnectionTuple& tuple, SequenceNumber sequence,
                        Packet& packet) {
    wire::TcpHeader reset;
    reset.source_port = tuple.client_port;
    reset.destination_port = tuple.service_port;
    reset.sequence = sequence;
    reset.flags.reset = true;
    reset.prepend_to(packet, tuple.client, tuple.service);
    wire::Ipv4Header ip;
    ip.protocol = wire::IpProtocol::Tcp;
    ip.source = tuple.client;
    ip.destination = tuple.service;
    ip.prepend_to(packet);
}

}  // namespace shunt::migrate::endpoint
