// SPDX-License-Identifier: Apache-2.0
// For tests: ICMP errors that a router on a client's way sends about what a service has sent.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/packet.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::node {

inline constexpr wire::Ipv4Address kErrorsRouter(192, 0, 2, 1);

/// An error about a segment of the service, with `behind_header` bytes of it quoted, in `packet`,
/// which is empty.
inline Packet error_about(Packet packet, const wire::ConnectionTuple& tuple,
                          wire::IcmpHeader header, SequenceNumber sequence,
                          std::size_t behind_header = 8, std::uint16_t fragment_offset = 0) {
    wire::TcpHeader quoted;
    quoted.source_port = tuple.service_port;
    quoted.destination_port = tuple.client_port;
    quoted.sequence = sequence;
    quoted.prepend_to(packet, tuple.service, tuple.client);
    wire::Ipv4Header ip;
    ip.source = tuple.service;
    ip.destination = tuple.client;
    ip.fragment_offset = fragment_offset;
    ip.prepend_to(packet);
    packet.trim_back(packet.size() - wire::kIpv4HeaderSize - behind_header);
    header.prepend_to(packet);
    wire::Ipv4Header outer;
    outer.protocol = wire::IpProtocol::Icmp;
    outer.source = kErrorsRouter;
    outer.destination = tuple.service;
    outer.prepend_to(packet);
    return packet;
}

}  // namespace shunt::node
