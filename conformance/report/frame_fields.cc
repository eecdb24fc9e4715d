// SPDX-License-Identifier: Apache-2.0
#include "report/frame_fields.hh"

#include <fmt/format.h>

#include <optional>

#include <nlohmann/json.hpp>

#include "pdu/build.hh"
#include "pdu/frame.hh"
#include "pdu/reception.hh"

namespace conform {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint16_t kTypeDefault = 0x88B5;
constexpr std::uint16_t kTypeOfTheFigures = 0x0007;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kIcmp = 1;
constexpr std::size_t kUdpHeaderSize = 8;
constexpr std::size_t kTcpHeaderSize = 20;
constexpr std::size_t kIdOffset = 2;
constexpr std::size_t kBehindId = 16;
constexpr std::size_t kRangeSize = 9;

Bytes copy_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

/// What a UDP datagram of the routed binding holds.
std::optional<Bytes> routed_payload(const Frame& frame) {
    if (!frame.ipv4 || frame.ipv4->protocol != kUdp) return std::nullopt;
    const ByteView packet(frame.ipv4->bytes);
    const ByteView datagram = packet.subspan((packet[0] & 0x0FU) * 4U);
    if (datagram.size() < kUdpHeaderSize || load_u16(datagram, 0) != kRoutedPort ||
        load_u16(datagram, 2) != kRoutedPort) {
        return std::nullopt;
    }
    const std::size_t length = load_u16(datagram, 4);
    if (length < kUdpHeaderSize || length > datagram.size()) return std::nullopt;
    return copy_of(datagram.subspan(kUdpHeaderSize, length - kUdpHeaderSize));
}

/// All from the encapsulation header on, whichever binding carries it.
std::optional<Bytes> encapsulated(ByteView bytes) {
    const Frame frame = decode_frame(bytes, Framing{});
    if (bytes.size() < kEthernetHeaderSize) return std::nullopt;
    if (frame.type == kTypeDefault || frame.type == kTypeOfTheFigures) {
        return copy_of(bytes.subspan(kEthernetHeaderSize));
    }
    return routed_payload(frame);
}

void add_header(Json& fields, const Encapsulation& header) {
    fields["source_ip"] = header.source.address.to_string();
    fields["source_port"] = header.source.port;
    fields["destination_ip"] = header.destination.address.to_string();
    fields["destination_port"] = header.destination.port;
    fields["type"] = header.type;
    fields["protocol"] = header.protocol;
    fields["checksum"] = header.checksum;
    fields["excess"] = header.excess;
}

/// The page's t_timer[4] by the timers' own names.
std::string block_field_name(std::string_view name) {
    constexpr std::string_view kTimers[] = {"retransmit", "persist", "keep_alive", "2msl"};
    constexpr std::string_view kTimer = "t_timer[";
    if (!name.starts_with(kTimer)) return fmt::format("tcb.{}", name);
    return fmt::format("tcb.t_timer_{}", kTimers[name[kTimer.size()] - '0']);
}

void add_connection(Json& fields, const Encapsulation& header) {
    const ByteView payload(header.payload);
    fields["server_ip"] = Ipv4Address{load_u32(payload, 0)}.to_string();
    fields["server_port"] = load_u16(payload, 4);
    const auto information = parse_connection_information(payload);
    if (!information) {
        if (payload.size() > 6) fields["flow_number"] = load_u32(payload, 6);
        return;
    }
    visit_fields(information->block,
                 [&fields](std::size_t, std::string_view name, const auto& value) {
                     if (name != "reserved") fields[block_field_name(name)] = value;
                 });
}

void add_transport(Json& fields, const Ipv4Packet& packet, ByteView transport) {
    if (packet.protocol == kIcmp) {
        fields["inner.icmp_type"] = transport[0];
        fields["inner.icmp_code"] = transport[1];
        return;
    }
    fields["inner.source_port"] = load_u16(transport, 0);
    fields["inner.destination_port"] = load_u16(transport, 2);
    if (packet.protocol == kTcp && transport.size() >= kTcpHeaderSize) {
        fields["inner.sequence"] = load_u32(transport, 4);
        fields["inner.acknowledgment"] = load_u32(transport, 8);
        fields["inner.flags"] = transport[13];
    }
}

void add_inner(Json& fields, const Ipv4Packet& packet) {
    const ByteView bytes(packet.bytes);
    fields["inner.total_length"] = bytes.size();
    fields["inner.identification"] = load_u16(bytes, 4);
    fields["inner.ttl"] = bytes[8];
    fields["inner.protocol"] = packet.protocol;
    fields["inner.source_ip"] = packet.source.to_string();
    fields["inner.destination_ip"] = packet.destination.to_string();
    constexpr std::uint16_t kOffset = 0x1FFF;
    constexpr std::uint16_t kMoreAndOffset = 0x3FFF;
    const std::uint16_t fragment = load_u16(bytes, 6);
    if ((fragment & kMoreAndOffset) != 0) {
        fields["inner.fragment_offset"] = (fragment & kOffset) * 8;
    } else {
        add_transport(fields, packet, bytes.subspan((bytes[0] & 0x0FU) * 4U));
    }
}

void add_id(Json& fields, ByteView payload) {
    fields["length"] = load_u16(payload, 0);
    fields["id.service_ip"] = Ipv4Address{load_u32(payload, kIdOffset)}.to_string();
    fields["id.service_port"] = load_u16(payload, kIdOffset + 4);
    fields["id.iss"] = load_u32(payload, kIdOffset + 6);
    fields["id.epoch"] = load_u32(payload, kIdOffset + 10);
}

void add_copy(Json& fields, ByteView payload) {
    const auto identified = parse_identified_copy(payload);
    if (!identified) return;
    fields["length"] = load_u16(payload, 0);
    fields["id.service_ip"] = identified->id.service.address.to_string();
    fields["id.service_port"] = identified->id.service.port;
    fields["id.iss"] = identified->id.initial_sequence;
    fields["id.epoch"] = identified->id.epoch;
    fields["copy"] = identified->copy;
}

void add_data(Json& fields, ByteView payload) {
    add_id(fields, payload);
    fields["queue"] = payload[kBehindId];
    fields["offset"] = load_u32(payload, kBehindId + 2);
    fields["bytes"] = to_hex(payload.subspan(kBehindId + 6));
}

void add_challenge(Json& fields, ByteView payload) {
    fields["length"] = load_u16(payload, 0);
    fields["challenge.kind"] = payload[2];
    fields["challenge.nonce"] = to_hex(payload.subspan(3, 8));
    fields["challenge.boot_index"] = load_u64(payload, 11);
}

void add_missing(Json& fields, ByteView payload) {
    add_id(fields, payload);
    for (std::size_t range = kBehindId; range < payload.size(); range += kRangeSize) {
        fields["missing.queue"].push_back(payload[range]);
        fields["missing.offset"].push_back(load_u32(payload, range + 1));
        fields["missing.length"].push_back(load_u32(payload, range + 5));
    }
}

void add_payload(Json& fields, const Frame& frame) {
    const Encapsulation& header = *frame.encapsulation;
    const ByteView payload(header.payload);
    switch (static_cast<EncapsulationType>(header.type)) {
        case EncapsulationType::Connection:
            return add_connection(fields, header);
        case EncapsulationType::Forwarded:
            return add_inner(fields, *frame.inner);
        case EncapsulationType::Acknowledgement:
        case EncapsulationType::Release:
        case EncapsulationType::Go:
            return add_copy(fields, payload);
        case EncapsulationType::Reject:
            add_id(fields, payload);
            fields["reason"] = load_u16(payload, kBehindId);
            return;
        case EncapsulationType::Data:
            return add_data(fields, payload);
        case EncapsulationType::Challenge:
            return add_challenge(fields, payload);
        case EncapsulationType::Missing:
            return add_missing(fields, payload);
    }
}

}  // namespace

std::string frame_fields(std::size_t number, ByteView bytes, bool has_extensions) {
    Json line;
    line["frame"] = number;
    const std::optional<Bytes> carried = encapsulated(bytes);
    if (!carried) return line.dump();
    if (const auto fault = find_reception_fault(*carried, has_extensions)) {
        line["fault"] = *fault;
        return line.dump();
    }
    // The header means the same in both bindings (FRM-3), so that one decoder reads both.
    const Frame frame = decode_frame(encode_ethernet({}, {}, kTypeDefault, *carried),
                                     Framing{kTypeDefault, has_extensions});
    Json fields;
    add_header(fields, *frame.encapsulation);
    add_payload(fields, frame);
    line["fields"] = std::move(fields);
    return line.dump();
}

}  // namespace conform
