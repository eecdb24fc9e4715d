// SPDX-License-Identifier: Apache-2.0
#include "report/packet_name.hh"

#include <fmt/format.h>

#include <algorithm>

namespace conform {
namespace {

constexpr std::size_t kTextShown = 40;
/// More connections than a case has; further ones have absolute numbers.
constexpr std::size_t kConnectionsMax = 4'096;

/// The first line of what is text; empty for other bytes.
std::string first_line(ByteView payload) {
    std::string text;
    for (const std::uint8_t byte : payload) {
        if (byte == '\r' || byte == '\n') return text;
        if (byte < ' ' || byte > '~') return {};
        text += static_cast<char>(byte);
        if (text.size() == kTextShown) return text + "..";
    }
    return text;
}

std::string number(const char* name, std::uint32_t value, std::optional<std::uint32_t> origin) {
    return fmt::format(" {} {}", name, origin ? value - *origin : value);
}

std::string name_arp(const ArpMessage& arp) {
    constexpr std::uint16_t kRequest = 1;
    if (arp.operation == kRequest) return "ARP who has " + arp.target.to_string();
    return "ARP " + arp.sender.to_string() + " is here";
}

std::string name_icmp(const IcmpMessage& icmp) {
    if (icmp.type == icmp_type::kEchoRequest) return fmt::format("echo request {}", icmp.sequence);
    if (icmp.type == icmp_type::kEchoReply) return fmt::format("echo reply {}", icmp.sequence);
    return fmt::format("ICMP type {} code {}", icmp.type, icmp.code);
}

/// ": 0x15 commit of flow 0x12345678, 0x30 server state"
std::string name_control(const FlowSight& sight) {
    std::string text;
    auto message = sight.messages.begin();
    for (const ControlFrame& frame : sight.control) {
        text += (text.empty() ? ": " : "; ") + describe_control_kind(frame.kind);
        const bool is_of_flow = message != sight.messages.end() && message->kind == frame.kind;
        if (!is_of_flow) continue;
        if (message->is_answer() && frame.kind == control_kind::kCommit) text += " answered";
        if (message->is_eager() && frame.kind == control_kind::kBlob) text += ", eager";
        if (message->blob) {
            text += ", " + describe(*message->blob);
        } else if (message->flow != 0) {
            text += " of " + describe_flow(message->flow);
        }
        if (frame.kind == control_kind::kBlobReject && frame.body.size() == 2)
            text += fmt::format(", reason {}", load_u16(frame.body, 0));
        ++message;
    }
    return text;
}

}  // namespace

std::string PacketNamer::name_segment(const TcpSegment& segment) {
    const auto backward = connections_.find({segment.destination, segment.source.port});
    const bool is_syn = segment.has(tcp_flag::kSyn);
    const bool is_from_client = backward == connections_.end();
    if (is_syn && !segment.has(tcp_flag::kAck) && connections_.size() < kConnectionsMax) {
        connections_[{segment.source, segment.destination.port}] = {segment.sequence, std::nullopt};
    }
    Origins origins;
    if (!is_from_client) {
        if (is_syn) backward->second.server = segment.sequence;
        origins = {backward->second.server, backward->second.client};
    } else if (const auto own = connections_.find({segment.source, segment.destination.port});
               own != connections_.end()) {
        origins = {own->second.client, own->second.server};
    }
    std::string text = describe_tcp_flags(segment.flags);
    text += number("seq", segment.sequence, origins.client);
    if (segment.has(tcp_flag::kAck)) text += number("ack", segment.acknowledgment, origins.server);
    if (segment.payload.empty()) return text;
    text += fmt::format(" len {}", segment.payload.size());
    const std::string line = first_line(segment.payload);
    return line.empty() ? text : text + " \"" + line + "\"";
}

std::string PacketNamer::name_packet(const Ipv4Packet& packet) {
    if (packet.tcp) return name_segment(*packet.tcp);
    if (packet.icmp) return name_icmp(*packet.icmp);
    if (packet.udp) {
        return fmt::format("UDP {} > {} len {}", packet.udp->source.port,
                           packet.udp->destination.port, packet.udp->payload.size());
    }
    return fmt::format("IPv4 protocol {}, {} bytes", packet.protocol, packet.bytes.size());
}

std::string PacketNamer::name_encapsulation(const Frame& frame) {
    const Encapsulation& header = *frame.encapsulation;
    const std::string type = describe_encapsulation_type(header.type);
    const bool is_tcp = header.protocol == encapsulated_protocol::kTcp;
    if (frame.inner) return fmt::format("0x{:02x} {}", header.type, name_packet(*frame.inner));
    if (header.is(EncapsulationType::Connection) && is_tcp) {
        if (const auto information = parse_connection_information(header.payload)) {
            const ControlBlock& block = information->block;
            const Key key{header.source, information->service.port};
            if (connections_.size() < kConnectionsMax || connections_.contains(key))
                connections_[key] = {block.irs, block.iss};
            return fmt::format("{}, epoch {}, iss {}", type, block.epoch, block.iss);
        }
    }
    if (const auto copy = parse_identified_copy(header.payload); copy && header.type != 0x01)
        return fmt::format("{}, epoch {}, copy {}", type, copy->id.epoch, copy->copy);
    if (header.is(EncapsulationType::Reject)) {
        if (const auto rejection = parse_rejection(header.payload))
            return fmt::format("{}, epoch {}, reason {}", type, rejection->id.epoch,
                               rejection->reason);
    }
    if (header.is(EncapsulationType::Data)) {
        if (const auto data = parse_endpoint_data(header.payload))
            return fmt::format("{}, queue {}, offset {}, {} bytes", type, data->queue, data->offset,
                               data->bytes.size());
    }
    return fmt::format("{}, {} bytes", type, header.payload.size());
}

std::string PacketNamer::name(const CapturedFrame& captured) {
    const Frame& frame = captured.frame;
    const FlowSight sight = flows_.look_at(frame);
    if (sight.restored) {
        if (!sight.restored->tcp) return name_packet(*sight.restored);
        const TcpSegment& segment = *sight.restored->tcp;
        return fmt::format("{}: {} > {} {}", describe_flow(sight.flow), segment.source.to_string(),
                           segment.destination.to_string(), name_segment(segment));
    }
    if (!sight.control.empty()) return name_packet(*frame.ipv4) + name_control(sight);
    if (frame.encapsulation) return name_encapsulation(frame);
    if (frame.arp) return name_arp(*frame.arp);
    if (frame.ipv4) return name_packet(*frame.ipv4);
    return fmt::format("Type 0x{:04x}, {} bytes", frame.type, captured.bytes.size());
}

}  // namespace conform
