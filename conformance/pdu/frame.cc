// SPDX-License-Identifier: Apache-2.0
#include "pdu/frame.hh"

#include <fmt/format.h>
#include <tins/arp.h>
#include <tins/endianness.h>
#include <tins/icmp.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/tcp.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "pdu/checksum.hh"
#include "pdu/reception.hh"
#include "pdu/tins_pdus.hh"

namespace conform {
namespace {

constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kTcpHeaderSize = 20;
constexpr std::size_t kIcmpHeaderSize = 8;
constexpr std::size_t kArpSize = 28;
constexpr std::uint8_t kProtocolIcmp = 1;
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::size_t kUdpHeaderSize = 8;
constexpr std::size_t kTimeToLiveOffset = 8;
constexpr std::uint16_t kMoreFragmentsAndOffset = 0x3FFF;

std::uint32_t size_of(ByteView bytes) {
    return static_cast<std::uint32_t>(bytes.size());
}

Bytes payload_of(const Tins::PDU& pdu) {
    const Tins::RawPDU* raw = pdu.find_pdu<Tins::RawPDU>();
    return raw == nullptr ? Bytes{} : Bytes(raw->payload());
}

MacAddress to_mac(const Tins::HWAddress<6>& address) {
    MacAddress mac;
    std::copy(address.begin(), address.end(), mac.octets.begin());
    return mac;
}

// Tins::IPv4Address converts to an integer in network order.
Ipv4Address to_address(const Tins::IPv4Address& address) {
    return {Tins::Endian::be_to_host(static_cast<std::uint32_t>(address))};
}

void read_options(const Tins::TCP& header, TcpSegment& segment) {
    // libtins throws for an option whose data has another size than its kind gives.
    for (const Tins::TCP::option& option : header.options()) {
        const ByteView data(option.data_ptr(), option.data_size());
        if (option.option() == Tins::TCP::MSS && data.size() == 2) {
            segment.mss = load_u16(data, 0);
        } else if (option.option() == Tins::TCP::WSCALE && data.size() == 1) {
            segment.window_scale = data[0];
        } else if (option.option() == Tins::TCP::SACK_OK && data.empty()) {
            segment.is_sack_permitted = true;
        } else if (option.option() == Tins::TCP::TSOPT && data.size() == 8) {
            segment.timestamps = TcpTimestamps{load_u32(data, 0), load_u32(data, 4)};
        } else if (option.option() == Tins::TCP::SACK && data.size() % 8 == 0) {
            for (std::size_t at = 0; at < data.size(); at += 8)
                segment.sack.push_back({load_u32(data, at), load_u32(data, at + 4)});
        }
    }
}

/// `packet` is whole, its header sound; depth ends here because its protocol is TCP.
std::optional<TcpSegment> decode_tcp(const Ipv4Packet& packet) {
    const Tins::IP ip(packet.bytes.data(), size_of(packet.bytes));
    const Tins::TCP* header = ip.find_pdu<Tins::TCP>();
    if (header == nullptr) return std::nullopt;
    TcpSegment segment;
    segment.source = {packet.source, header->sport()};
    segment.destination = {packet.destination, header->dport()};
    segment.sequence = header->seq();
    segment.acknowledgment = header->ack_seq();
    segment.flags = static_cast<std::uint8_t>(header->flags());
    segment.reserved = static_cast<std::uint8_t>(header->flags() >> 8);
    segment.window = header->window();
    segment.urgent_pointer = header->urg_ptr();
    read_options(*header, segment);
    segment.payload = payload_of(*header);
    segment.type_of_service = ip.tos();
    segment.time_to_live = ip.ttl();
    segment.identification = ip.id();
    segment.is_fragmentation_forbidden = (ip.flags() & Tins::IP::DONT_FRAGMENT) != 0;
    return segment;
}

IcmpMessage decode_icmp(const Ipv4Packet& packet, ByteView transport) {
    const Tins::ICMP header(transport.data(), size_of(transport));
    return {packet.source,     packet.destination, static_cast<std::uint8_t>(header.type()),
            header.code(),     header.id(),        header.sequence(),
            payload_of(header)};
}

/// Checksums first, because libtins has none; then what libtins makes of the bytes.
void decode_transport(Ipv4Packet& packet, ByteView transport, std::vector<Finding>& faults) {
    const bool is_tcp = packet.protocol == kProtocolTcp;
    const char* requirement = is_tcp ? "TCP-1" : "IP-3";
    const char* name = is_tcp ? "TCP" : "ICMP";
    if (transport.size() < (is_tcp ? kTcpHeaderSize : kIcmpHeaderSize)) {
        faults.push_back({requirement, fmt::format("a whole {} header", name),
                          fmt::format("{} bytes", transport.size())});
        return;
    }
    const std::uint32_t start = is_tcp ? pseudo_header_sum(packet.source, packet.destination,
                                                           kProtocolTcp, transport.size())
                                       : 0;
    const std::uint16_t sum = ones_complement_sum(transport, start);
    if (sum != 0xFFFF) {
        faults.push_back({requirement, fmt::format("{} checksum that sums to 0xffff", name),
                          fmt::format("0x{:04x}", sum)});
    }
    try {
        if (is_tcp) {
            packet.tcp = decode_tcp(packet);
        } else {
            packet.icmp = decode_icmp(packet, transport);
        }
    } catch (const Tins::exception_base& error) {
        faults.push_back({requirement, fmt::format("a well-formed {} header", name), error.what()});
    }
}

/// RFC 768: a checksum of zero means that there is none.
void decode_udp(Ipv4Packet& packet, ByteView transport, std::vector<Finding>& faults) {
    const bool has_header = transport.size() >= kUdpHeaderSize;
    const std::size_t length = has_header ? load_u16(transport, 4) : 0;
    if (!has_header || length < kUdpHeaderSize || length > transport.size()) {
        faults.push_back({"IP-3", "a UDP header with the length of its datagram",
                          fmt::format("{} of {} bytes", length, transport.size())});
        return;
    }
    transport = transport.first(length);
    const std::uint32_t start =
        pseudo_header_sum(packet.source, packet.destination, kProtocolUdp, length);
    const std::uint16_t sum = ones_complement_sum(transport, start);
    if (load_u16(transport, 6) != 0 && sum != 0xFFFF) {
        faults.push_back(
            {"IP-3", "UDP checksum that sums to 0xffff, or none", fmt::format("0x{:04x}", sum)});
    }
    const ByteView payload = transport.subspan(kUdpHeaderSize);
    packet.udp = UdpDatagram{{packet.source, load_u16(transport, 0)},
                             {packet.destination, load_u16(transport, 2)},
                             {payload.begin(), payload.end()},
                             load_u16(transport, 6) != 0,
                             packet.bytes[kTimeToLiveOffset]};
}

/// One port suffices: the other may be what is wrong about it.
bool is_routed_binding(const std::optional<Ipv4Packet>& packet) {
    return packet && packet->udp &&
           (packet->udp->source.port == kRoutedPort ||
            packet->udp->destination.port == kRoutedPort);
}

void decode_encapsulation(Frame& frame, ByteView bytes, const Framing& framing) {
    if (bytes.size() < kEncapsulationHeaderSize) {
        frame.faults.push_back({"FRM-5", "an encapsulation header of 16 bytes",
                                fmt::format("{} bytes", bytes.size())});
        return;
    }
    Encapsulation header =
        EncapsulationPdu(bytes.data(), static_cast<std::uint32_t>(kEncapsulationHeaderSize))
            .header();
    const ByteView rest = bytes.subspan(kEncapsulationHeaderSize);
    const std::optional<std::size_t> length = stated_payload_size(bytes, framing.has_extensions);
    if (!length || *length > rest.size()) {
        const std::string wanted = length ? fmt::format("{} payload bytes", *length)
                                          : std::string("a known type with its length");
        frame.faults.push_back({"FRM-5",
                                fmt::format("{} behind the header of {}", wanted,
                                            describe_encapsulation_type(header.type)),
                                fmt::format("{} bytes", rest.size())});
        frame.encapsulation = std::move(header);
        return;
    }
    const ByteView payload = rest.first(*length);
    header.payload.assign(payload.begin(), payload.end());
    header.excess = rest.size() - *length;
    const bool is_forwarded = header.is(EncapsulationType::Forwarded);
    const std::uint16_t sum = ones_complement_sum(
        bytes.first(is_forwarded ? kEncapsulationHeaderSize : kEncapsulationHeaderSize + *length));
    if (sum != 0xFFFF) {
        frame.faults.push_back(
            {"FRM-4", "encapsulation checksum that sums to 0xffff", fmt::format("0x{:04x}", sum)});
    }
    if (is_forwarded) {
        frame.inner = decode_ipv4(payload, frame.inner_faults);
        if (!frame.inner) std::ranges::move(frame.inner_faults, std::back_inserter(frame.faults));
    }
    frame.encapsulation = std::move(header);
}

void decode_arp(Frame& frame, ByteView bytes) {
    if (bytes.size() < kArpSize) {
        frame.faults.push_back(
            {"SYS-1", "an ARP message of 28 bytes", fmt::format("{} bytes", bytes.size())});
        return;
    }
    // RFC 826, for Ethernet and IPv4: who reads another header has other addresses in it.
    constexpr std::array<std::uint8_t, 6> kEthernetIpv4{0, 1, 8, 0, 6, 4};
    const std::uint16_t operation = load_u16(bytes, kEthernetIpv4.size());
    if (!std::ranges::equal(bytes.first(kEthernetIpv4.size()), kEthernetIpv4) ||
        (operation != 1 && operation != 2)) {
        frame.faults.push_back({"SYS-1", "an ARP header 000108000604 and operation 1 or 2",
                                to_hex(bytes.first(kEthernetIpv4.size() + 2))});
        return;
    }
    const Tins::ARP arp(bytes.data(), static_cast<std::uint32_t>(kArpSize));
    frame.arp =
        ArpMessage{arp.opcode(), to_mac(arp.sender_hw_addr()), to_address(arp.sender_ip_addr()),
                   to_mac(arp.target_hw_addr()), to_address(arp.target_ip_addr())};
}

}  // namespace

std::optional<Ipv4Packet> decode_ipv4(ByteView bytes, std::vector<Finding>& faults) {
    const auto fault = [&faults](std::string expected, std::string actual) {
        faults.push_back({"IP-1", std::move(expected), std::move(actual)});
        return std::nullopt;
    };
    if (bytes.size() < kIpv4HeaderSize) {
        return fault("an IPv4 header of 20 bytes", fmt::format("{} bytes", bytes.size()));
    }
    const std::size_t header_size = (bytes[0] & 0x0FU) * 4U;
    const std::size_t total_length = load_u16(bytes, 2);
    if (bytes[0] >> 4 != 4 || header_size < kIpv4HeaderSize || header_size > total_length ||
        total_length > bytes.size()) {
        return fault("IPv4 with lengths inside the frame",
                     fmt::format("version and IHL 0x{:02x}, total length {} of {} bytes", bytes[0],
                                 total_length, bytes.size()));
    }
    bytes = bytes.first(total_length);
    if (const auto sum = ones_complement_sum(bytes.first(header_size)); sum != 0xFFFF) {
        fault("IPv4 header checksum that sums to 0xffff", fmt::format("0x{:04x}", sum));
    }
    Ipv4Packet packet;
    packet.bytes.assign(bytes.begin(), bytes.end());
    packet.source = {load_u32(bytes, 12)};
    packet.destination = {load_u32(bytes, 16)};
    packet.protocol = bytes[9];
    const bool is_fragment = (load_u16(bytes, 6) & kMoreFragmentsAndOffset) != 0;
    if (!is_fragment && (packet.protocol == kProtocolTcp || packet.protocol == kProtocolIcmp)) {
        decode_transport(packet, bytes.subspan(header_size), faults);
    }
    if (!is_fragment && packet.protocol == kProtocolUdp) {
        decode_udp(packet, bytes.subspan(header_size), faults);
    }
    return packet;
}

Frame decode_frame(ByteView bytes, const Framing& framing) {
    Frame frame;
    if (bytes.size() < kEthernetHeaderSize) {
        frame.faults.push_back(
            {"FRM-1", "an Ethernet header of 14 bytes", fmt::format("{} bytes", bytes.size())});
        return frame;
    }
    std::copy_n(bytes.begin(), 6, frame.destination.octets.begin());
    std::copy_n(bytes.begin() + 6, 6, frame.source.octets.begin());
    frame.type = load_u16(bytes, 12);
    const ByteView payload = bytes.subspan(kEthernetHeaderSize);
    if (frame.type == framing.ethertype && !framing.is_routed) {
        decode_encapsulation(frame, payload, framing);
    } else if (frame.type == ether_type::kIpv4) {
        frame.ipv4 = decode_ipv4(payload, frame.faults);
        if (framing.is_routed && is_routed_binding(frame.ipv4)) {
            decode_encapsulation(frame, frame.ipv4->udp->payload, framing);
        }
    } else if (frame.type == ether_type::kArp) {
        decode_arp(frame, payload);
    }
    return frame;
}

std::string describe_tcp_flags(std::uint8_t flags) {
    constexpr const char* kNames[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    std::string text;
    for (unsigned bit = 0; bit < 8; ++bit) {
        if ((static_cast<unsigned>(flags) >> bit & 1U) == 0) continue;
        if (!text.empty()) text += ',';
        text += kNames[bit];
    }
    return text.empty() ? "none" : text;
}

std::string describe(const TcpSegment& segment) {
    std::string text = fmt::format("{} > {} {} seq {} ack {} win {} len {}",
                                   segment.source.to_string(), segment.destination.to_string(),
                                   describe_tcp_flags(segment.flags), segment.sequence,
                                   segment.acknowledgment, segment.window, segment.payload.size());
    if (segment.timestamps) {
        text += fmt::format(" ts {} {}", segment.timestamps->value, segment.timestamps->echo);
    }
    return text;
}

std::optional<std::uint16_t> client_port_of(const Frame& frame) {
    if (frame.encapsulation) return frame.encapsulation->source.port;
    if (!frame.ipv4) return std::nullopt;
    if (frame.ipv4->tcp) return frame.ipv4->tcp->destination.port;
    if (frame.ipv4->udp) return frame.ipv4->udp->destination.port;
    if (!frame.ipv4->icmp) return std::nullopt;
    // An error quotes the packet that it is about, from its IPv4 header on.
    constexpr std::size_t kQuotedPorts = 20;
    const IcmpMessage& message = *frame.ipv4->icmp;
    const bool is_error = message.type == 3 || message.type == 11 || message.type == 12;
    if (!is_error) return message.identifier;
    if (message.payload.size() < kQuotedPorts + 2) return std::nullopt;
    return load_u16(message.payload, kQuotedPorts);
}

std::string describe(const Frame& frame) {
    if (frame.arp) {
        return frame.arp->operation == 1
                   ? fmt::format("ARP who has {}, tell {}", frame.arp->target.to_string(),
                                 frame.arp->sender.to_string())
                   : fmt::format("ARP {} is at {}", frame.arp->sender.to_string(),
                                 frame.arp->sender_mac.to_string());
    }
    if (frame.encapsulation) {
        const Encapsulation& header = *frame.encapsulation;
        std::string text = fmt::format("{} of {} to {}", describe_encapsulation_type(header.type),
                                       header.source.to_string(), header.destination.to_string());
        if (frame.inner && frame.inner->tcp) text += " [" + describe(*frame.inner->tcp) + "]";
        return text;
    }
    if (frame.ipv4 && frame.ipv4->tcp) return describe(*frame.ipv4->tcp);
    if (frame.ipv4 && frame.ipv4->icmp) {
        return fmt::format("{} > {} ICMP type {} code {}", frame.ipv4->source.to_string(),
                           frame.ipv4->destination.to_string(), frame.ipv4->icmp->type,
                           frame.ipv4->icmp->code);
    }
    if (frame.ipv4) {
        return fmt::format("{} > {} protocol {}", frame.ipv4->source.to_string(),
                           frame.ipv4->destination.to_string(), frame.ipv4->protocol);
    }
    return fmt::format("frame of type 0x{:04x}", frame.type);
}

}  // namespace conform
