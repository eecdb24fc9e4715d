// SPDX-License-Identifier: Apache-2.0
/// A frame from the wire, taken apart into values, with what is wrong about its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/bytes.hh"
#include "engine/finding.hh"
#include "pdu/address.hh"
#include "pdu/encapsulation.hh"
#include "pdu/tcp_segment.hh"

namespace conform {

constexpr std::size_t kEthernetHeaderSize = 14;

namespace ether_type {
constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kArp = 0x0806;
}  // namespace ether_type

/// Both ports of the routed binding (FRM-3).
constexpr std::uint16_t kRoutedPort = 7007;

/// What a farm has agreed on about its frames (FRM-2, FRM-3; base or ext).
struct Framing {
    std::uint16_t ethertype = 0x88B5;
    bool has_extensions = false;
    bool is_routed = false;  ///< in UDP datagrams instead of frames of that Type

    /// Bytes in front of a client's packet (FRM-9).
    std::size_t overhead() const {
        constexpr std::size_t kIpv4AndUdp = 28;
        return kEncapsulationHeaderSize + (is_routed ? kIpv4AndUdp : 0);
    }
};

struct ArpMessage {
    std::uint16_t operation = 1;  ///< 1 request, 2 reply
    MacAddress sender_mac;
    Ipv4Address sender;
    MacAddress target_mac;
    Ipv4Address target;
};

/// ICMP echo (RFC 792); other messages keep only type and code.
struct IcmpMessage {
    Ipv4Address source;
    Ipv4Address destination;
    std::uint8_t type = 8;
    std::uint8_t code = 0;
    std::uint16_t identifier = 0;
    std::uint16_t sequence = 0;
    Bytes payload{};
};

/// UDP (RFC 768) in its IPv4 packet.
struct UdpDatagram {
    SocketAddress source;
    SocketAddress destination;
    Bytes payload{};
    bool has_checksum = true;
    std::uint8_t time_to_live = 64;
};

namespace icmp_type {
constexpr std::uint8_t kEchoReply = 0;
constexpr std::uint8_t kEchoRequest = 8;
}  // namespace icmp_type

struct Ipv4Packet {
    Bytes bytes;  ///< exactly the total length: what FRM-5 calls the client's complete packet
    Ipv4Address source;
    Ipv4Address destination;
    std::uint8_t protocol = 0;
    std::optional<TcpSegment> tcp{};
    std::optional<IcmpMessage> icmp{};
    std::optional<UdpDatagram> udp{};
};

struct Frame {
    MacAddress destination;
    MacAddress source;
    std::uint16_t type = 0;  ///< bytes 12 and 13 as they are, 0x0007 included
    std::optional<ArpMessage> arp{};
    std::optional<Ipv4Packet> ipv4{};
    /// Behind the Ethernet header, or in the UDP datagram of `ipv4` in the routed binding.
    std::optional<Encapsulation> encapsulation{};
    std::optional<Ipv4Packet> inner{};  ///< of a forwarded packet (type 0x02)
    /// Lengths, checksums and headers that are not what the formats say, in the order of the bytes.
    std::vector<Finding> faults{};
    /// The same of what is behind the IPv4 header of `inner`: its sender's doing (EP-21).
    std::vector<Finding> inner_faults{};
};

/// Never throws; what cannot be read is absent and has a fault.
Frame decode_frame(ByteView bytes, const Framing& framing);

/// The IPv4 packet at the start of `bytes`, cut to its total length; faults go to `faults`.
std::optional<Ipv4Packet> decode_ipv4(ByteView bytes, std::vector<Finding>& faults);

/// The port of the client that a frame of a farm is for or about; of an ICMP error that of the
/// packet in it, of another ICMP message its identifier. Absent where it names none.
std::optional<std::uint16_t> client_port_of(const Frame& frame);

/// "10.7.0.9:4711 > 10.7.1.1:80 SYN seq 17 win 64240": one line for people.
std::string describe(const Frame& frame);
std::string describe(const TcpSegment& segment);

}  // namespace conform
