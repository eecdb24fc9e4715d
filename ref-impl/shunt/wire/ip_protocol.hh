// SPDX-License-Identifier: Apache-2.0
// Numbers of the protocols inside IPv4 (IANA), and of the two that connections are made of.
#pragma once

#include <cstdint>
#include <optional>

namespace shunt::wire {

/// The protocol field of IPv4; a value that is not listed may be read from the wire.
enum class IpProtocol : std::uint8_t { Icmp = 1, Tcp = 6, Udp = 17 };

/// What a farm's connections speak; the values are those of the encapsulation's Protocol field.
enum class TransportProtocol : std::uint8_t { Tcp = 1, Udp = 2 };

constexpr IpProtocol to_ip_protocol(TransportProtocol protocol) {
    return protocol == TransportProtocol::Tcp ? IpProtocol::Tcp : IpProtocol::Udp;
}

/// Nothing for a protocol that has no connections.
constexpr std::optional<TransportProtocol> to_transport_protocol(IpProtocol protocol) {
    if (protocol == IpProtocol::Tcp) return TransportProtocol::Tcp;
    if (protocol == IpProtocol::Udp) return TransportProtocol::Udp;
    return std::nullopt;
}

}  // namespace shunt::wire
