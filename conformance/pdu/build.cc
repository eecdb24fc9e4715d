// SPDX-License-Identifier: Apache-2.0
#include "pdu/build.hh"

#include <tins/arp.h>
#include <tins/icmp.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/tcp.h>
#include <tins/udp.h>

#include "pdu/checksum.hh"
#include "pdu/tins_pdus.hh"

namespace conform {
namespace {

constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kIpv4ChecksumOffset = 10;
constexpr std::size_t kUdpChecksumOffset = 6;

Tins::IPv4Address to_tins(Ipv4Address address) {
    return Tins::IPv4Address(address.to_string());
}
Tins::HWAddress<6> to_tins(const MacAddress& mac) {
    return Tins::HWAddress<6>(mac.octets.data());
}

Tins::TCP to_tins(const TcpSegment& segment) {
    Tins::TCP header(segment.destination.port, segment.source.port);
    header.seq(segment.sequence);
    header.ack_seq(segment.acknowledgment);
    header.flags(static_cast<std::uint16_t>(segment.reserved << 8 | segment.flags));
    header.window(segment.window);
    header.urg_ptr(segment.urgent_pointer);
    if (segment.mss) header.mss(*segment.mss);
    if (segment.is_sack_permitted) header.sack_permitted();
    if (segment.timestamps) {
        header.timestamp(segment.timestamps->value, segment.timestamps->echo);
    }
    if (segment.window_scale) header.winscale(*segment.window_scale);
    if (!segment.sack.empty()) {
        Tins::TCP::sack_type edges;
        for (const SackRange& range : segment.sack) {
            edges.push_back(range.left);
            edges.push_back(range.right);
        }
        header.sack(edges);
    }
    return header;
}

/// libtins rewrites what it takes for IP options, so they are put between header and payload here.
void insert_ip_options(Bytes& packet, ByteView options) {
    packet.insert(packet.begin() + kIpv4HeaderSize, options.begin(), options.end());
    packet[0] = static_cast<std::uint8_t>(0x40 | (kIpv4HeaderSize + options.size()) / 4);
    store_u16(packet, 2, static_cast<std::uint16_t>(packet.size()));
    store_u16(packet, kIpv4ChecksumOffset, 0);
    const ByteView header(packet.data(), kIpv4HeaderSize + options.size());
    store_u16(packet, kIpv4ChecksumOffset, internet_checksum(header));
}

}  // namespace

Bytes encode_ethernet(MacAddress destination, MacAddress source, std::uint16_t type,
                      ByteView payload) {
    Bytes frame;
    frame.reserve(kEthernetHeaderSize + payload.size());
    append(frame, destination.octets);
    append(frame, source.octets);
    append_u16(frame, type);
    append(frame, payload);
    return frame;
}

Bytes encode_tcp_packet(const TcpSegment& segment) {
    Tins::IP ip(to_tins(segment.destination.address), to_tins(segment.source.address));
    ip.tos(segment.type_of_service);
    ip.ttl(segment.time_to_live);
    ip.id(segment.identification);
    if (segment.is_fragmentation_forbidden) ip.flags(Tins::IP::DONT_FRAGMENT);
    ip /= to_tins(segment);
    if (!segment.payload.empty()) ip /= Tins::RawPDU(segment.payload);
    Bytes packet = ip.serialize();
    if (!segment.ip_options.empty()) insert_ip_options(packet, segment.ip_options);
    return packet;
}

Bytes encode_icmp_packet(const IcmpMessage& message) {
    Tins::ICMP icmp(static_cast<Tins::ICMP::Flags>(message.type));
    icmp.code(message.code);
    icmp.id(message.identifier);
    icmp.sequence(message.sequence);
    Tins::IP ip = Tins::IP(to_tins(message.destination), to_tins(message.source)) / icmp;
    ip.ttl(64);
    if (!message.payload.empty()) ip /= Tins::RawPDU(message.payload);
    return ip.serialize();
}

Bytes encode_udp_packet(const UdpDatagram& datagram) {
    Tins::IP ip(to_tins(datagram.destination.address), to_tins(datagram.source.address));
    ip.ttl(datagram.time_to_live);
    ip.flags(Tins::IP::DONT_FRAGMENT);
    ip /= Tins::UDP(datagram.destination.port, datagram.source.port);
    if (!datagram.payload.empty()) ip /= Tins::RawPDU(datagram.payload);
    Bytes packet = ip.serialize();
    // RFC 768: all zeros where the transmitter generated none.
    if (!datagram.has_checksum) store_u16(packet, kIpv4HeaderSize + kUdpChecksumOffset, 0);
    return packet;
}

Bytes encode_arp(const ArpMessage& message) {
    Tins::ARP arp(to_tins(message.target), to_tins(message.sender), to_tins(message.target_mac),
                  to_tins(message.sender_mac));
    arp.opcode(static_cast<Tins::ARP::Flags>(message.operation));
    return arp.serialize();
}

Bytes encode_encapsulation(const Encapsulation& encapsulation) {
    EncapsulationPdu pdu(encapsulation);
    if (encapsulation.payload.empty()) return pdu.serialize();
    return (pdu / Tins::RawPDU(encapsulation.payload)).serialize();
}

}  // namespace conform
