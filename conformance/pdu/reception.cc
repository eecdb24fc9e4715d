// SPDX-License-Identifier: Apache-2.0
#include "pdu/reception.hh"

#include <algorithm>

#include "pdu/checksum.hh"
#include "pdu/encapsulation.hh"

namespace conform {
namespace {

namespace fault = reception_fault;
using Fault = std::optional<std::string_view>;

constexpr std::size_t kTypeOffset = 12;
constexpr std::size_t kProtocolOffset = 13;
constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kServiceSize = 6;
constexpr std::size_t kFlowSize = kServiceSize + 4;
constexpr std::size_t kIdSize = 14;
constexpr std::size_t kRangeSize = 9;
constexpr std::size_t kRangesMax = 32;
constexpr std::size_t kIcmpHeaderSize = 8;
constexpr std::size_t kQuotedTransport = 8;  // EP-26
constexpr std::uint8_t kIcmp = 1;
constexpr std::uint16_t kMoreFragmentsAndOffset = 0x3FFF;
constexpr std::uint16_t kFragmentOffset = 0x1FFF;

EncapsulationType type_of(ByteView bytes) {
    return static_cast<EncapsulationType>(bytes[kTypeOffset]);
}

bool is_known(std::uint8_t type, bool has_extensions) {
    if (type >= 0x01 && type <= 0x03) return true;
    return has_extensions && type >= 0x10 && type <= 0x15;
}

std::uint8_t ip_protocol_of(ByteView bytes) {
    return bytes[kProtocolOffset] == encapsulated_protocol::kTcp ? 6 : 17;
}

std::size_t connection_size(std::uint8_t protocol, std::size_t available, bool has_extensions) {
    const std::size_t flow = has_extensions ? kFlowSize : kServiceSize;
    if (protocol == encapsulated_protocol::kTcp) return ConnectionInformation::kSize;
    if (protocol == encapsulated_protocol::kUdp) return flow;
    for (const std::size_t form : {ConnectionInformation::kSize, flow}) {
        if (available >= form) return form;
    }
    return kServiceSize;
}

bool is_counted(EncapsulationType type, std::size_t length) {
    switch (type) {
        case EncapsulationType::Reject:
            return length == kIdSize + 2;
        case EncapsulationType::Acknowledgement:
        case EncapsulationType::Release:
        case EncapsulationType::Go:
            return length == kIdSize + 4;
        case EncapsulationType::Challenge:
            return length == 1 + 8 + 8;
        case EncapsulationType::Data:
            return length >= kIdSize + 6;
        case EncapsulationType::Missing:
            return length > kIdSize && (length - kIdSize) % kRangeSize == 0 &&
                   (length - kIdSize) / kRangeSize <= kRangesMax;
        case EncapsulationType::Connection:
        case EncapsulationType::Forwarded:
            return false;
    }
    return false;
}

/// Ext payloads open with the length of what follows it.
std::optional<std::size_t> counted_size(EncapsulationType type, ByteView payload) {
    if (payload.size() < 2) return std::nullopt;
    const std::size_t length = load_u16(payload, 0);
    if (!is_counted(type, length)) return std::nullopt;
    return 2 + length;
}

bool is_checksum_right(ByteView exact) {
    constexpr std::uint16_t kRight = 0xFFFF;
    const bool is_header_right =
        ones_complement_sum(exact.first(kEncapsulationHeaderSize)) == kRight;
    switch (type_of(exact)) {
        case EncapsulationType::Forwarded:
            return is_header_right;
        case EncapsulationType::Acknowledgement:
            return is_header_right || ones_complement_sum(exact) == kRight;
        default:
            return ones_complement_sum(exact) == kRight;
    }
}

/// A port at `offset` of a transport header that may be cut.
bool is_port(ByteView transport, std::size_t offset, std::uint16_t port) {
    return transport.size() >= offset + 2 && load_u16(transport, offset) == port;
}

/// EP-26: what is quoted went from the service to the client.
Fault find_quote_fault(ByteView header, ByteView quoted) {
    const std::size_t size = quoted.empty() ? 0 : (quoted[0] & 0x0FU) * 4U;
    if (size < kIpv4HeaderSize || quoted[0] >> 4 != 4 || quoted.size() < size + kQuotedTransport) {
        return fault::kInnerHeader;
    }
    // Behind a later fragment's header there are no ports.
    if ((load_u16(quoted, 6) & kFragmentOffset) != 0) return fault::kInnerHeader;
    if (quoted[9] != ip_protocol_of(header)) return fault::kInnerProtocol;
    const ByteView transport = quoted.subspan(size);
    if (load_u32(quoted, 16) != load_u32(header, 0) ||
        !is_port(transport, 2, load_u16(header, 4))) {
        return fault::kInnerSource;
    }
    if (!is_port(transport, 0, load_u16(header, 10))) return fault::kInnerDestination;
    return std::nullopt;
}

bool holds_icmp_error(ByteView packet, ByteView transport) {
    const bool is_fragment = (load_u16(packet, 6) & kMoreFragmentsAndOffset) != 0;
    if (packet[9] != kIcmp || is_fragment || transport.size() < kIcmpHeaderSize) return false;
    return transport[0] == 3 || transport[0] == 11 || transport[0] == 12;
}

Fault find_claim_fault(ByteView header, ByteView packet, ByteView transport) {
    if (holds_icmp_error(packet, transport)) {
        return find_quote_fault(header, transport.subspan(kIcmpHeaderSize));
    }
    if (packet[9] != ip_protocol_of(header)) return fault::kInnerProtocol;
    if (load_u32(packet, 12) != load_u32(header, 0)) return fault::kInnerSource;
    if ((load_u16(packet, 6) & kMoreFragmentsAndOffset) != 0) return std::nullopt;
    if (!is_port(transport, 0, load_u16(header, 4))) return fault::kInnerSource;
    if (!is_port(transport, 2, load_u16(header, 10))) return fault::kInnerDestination;
    return std::nullopt;
}

/// SEC-2, of addresses that no farm need be known for.
Fault find_source_fault(std::uint32_t source, std::uint32_t destination) {
    const std::uint32_t network = source >> 24;
    const bool is_multicast = network >= 224 && network < 240;
    if (network == 127 || is_multicast || source == 0 || source == 0xFFFFFFFF ||
        source == destination) {
        return fault::kInnerSource;
    }
    return std::nullopt;
}

Fault find_inner_fault(ByteView header, ByteView packet) {
    const std::size_t size = packet.empty() ? 0 : (packet[0] & 0x0FU) * 4U;
    if (size < kIpv4HeaderSize || packet[0] >> 4 != 4 || packet.size() < size ||
        ones_complement_sum(packet.first(size)) != 0xFFFF) {
        return fault::kInnerHeader;
    }
    if (const Fault claim = find_claim_fault(header, packet, packet.subspan(size))) return claim;
    return find_source_fault(load_u32(packet, 12), load_u32(packet, 16));
}

/// Numbers that the page lists: reasons of 0x10, queues, kinds of 0x13.
bool are_numbers_known(ByteView header, ByteView payload) {
    const auto is_queue = [&](std::size_t offset) {
        return payload[offset] >= 1 && payload[offset] <= 6;
    };
    constexpr std::size_t kBehindId = 2 + kIdSize;
    switch (type_of(header)) {
        case EncapsulationType::Connection:
            return load_u16(payload, 4) == load_u16(header, 10);
        case EncapsulationType::Reject:
            return load_u16(payload, kBehindId) >= 1 && load_u16(payload, kBehindId) <= 7;
        case EncapsulationType::Data:
            return is_queue(kBehindId);
        case EncapsulationType::Challenge:
            return payload[2] == 1 || payload[2] == 2;
        case EncapsulationType::Missing:
            for (std::size_t range = kBehindId; range < payload.size(); range += kRangeSize) {
                if (!is_queue(range)) return false;
            }
            return true;
        default:
            return true;
    }
}

}  // namespace

std::optional<std::size_t> stated_payload_size(ByteView bytes, bool has_extensions) {
    const ByteView payload = bytes.subspan(kEncapsulationHeaderSize);
    const EncapsulationType type = type_of(bytes);
    if (type == EncapsulationType::Connection) {
        return connection_size(bytes[kProtocolOffset], payload.size(), has_extensions);
    }
    if (type == EncapsulationType::Forwarded) {
        if (payload.size() < kIpv4HeaderSize) return std::nullopt;
        return load_u16(payload, 2);
    }
    const std::optional<std::size_t> counted = counted_size(type, payload);
    if (type != EncapsulationType::Acknowledgement) return counted;
    // Anything but 20 bytes with the length 18 is padding behind the form of the figures.
    const bool has_copy = has_extensions && counted && *counted <= payload.size();
    return has_copy ? *counted : 0;
}

std::optional<std::string_view> find_reception_fault(ByteView bytes, bool has_extensions) {
    if (bytes.size() < kEncapsulationHeaderSize) return fault::kTruncated;
    if (!is_known(bytes[kTypeOffset], has_extensions)) return fault::kType;
    const std::optional<std::size_t> size = stated_payload_size(bytes, has_extensions);
    if (!size || *size > bytes.size() - kEncapsulationHeaderSize) return fault::kLength;
    const ByteView header = bytes.first(kEncapsulationHeaderSize);
    const ByteView payload = bytes.subspan(kEncapsulationHeaderSize, *size);
    if (!is_checksum_right(bytes.first(kEncapsulationHeaderSize + *size))) return fault::kChecksum;
    const std::uint8_t protocol = bytes[kProtocolOffset];
    if (protocol != encapsulated_protocol::kTcp && protocol != encapsulated_protocol::kUdp) {
        return fault::kProtocol;
    }
    if (type_of(bytes) == EncapsulationType::Forwarded) return find_inner_fault(header, payload);
    if (!are_numbers_known(header, payload)) return fault::kPayload;
    return std::nullopt;
}

}  // namespace conform
