// SPDX-License-Identifier: Apache-2.0
/// A client's packet as the blob profile forwards it: addresses of two servers, the flow identifier
/// where the ports were, and no byte more (BL-11, BL-12).
#pragma once

#include <cstdint>
#include <optional>

#include "pdu/frame.hh"

namespace conform {

/// The ports that a flow identifier makes (BL-11).
constexpr std::uint16_t source_port_of(std::uint32_t flow) {
    return static_cast<std::uint16_t>(flow >> 16U);
}
constexpr std::uint16_t destination_port_of(std::uint32_t flow) {
    return static_cast<std::uint16_t>(flow);
}

/// The identifier in the ports of a TCP segment.
constexpr std::uint32_t flow_of(const TcpSegment& segment) {
    return static_cast<std::uint32_t>(segment.source.port) << 16U | segment.destination.port;
}

/// The TCP packet with other addresses and ports, whole or the payload of none: checksums are
/// changed by as much as these are (RFC 1624), so that a wrong one stays wrong. The bytes as they
/// are where there is no TCP header.
Bytes readdress(ByteView packet, SocketAddress source, SocketAddress destination);

/// The client's packet on its way from one forward IP to another.
Bytes rewrite_to_flow(ByteView packet, Ipv4Address from, Ipv4Address to, std::uint32_t flow);

}  // namespace conform
