// SPDX-License-Identifier: Apache-2.0
#include "pdu/encapsulation.hh"

#include <fmt/format.h>

#include "pdu/tins_pdus.hh"

namespace conform {
namespace {

constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kIdSize = 14;
constexpr std::size_t kDataHeaderSize = kLengthSize + kIdSize + 6;  // queue, 0, offset
constexpr std::size_t kRangeSize = 9;
// What follows the length field.
constexpr std::uint16_t kIdentifiedCopyLength = IdentifiedCopy::kSize - kLengthSize;
constexpr std::uint16_t kRejectionLength = Rejection::kSize - kLengthSize;

/// The ID behind a length field.
MigrationId load_id(ByteView payload) {
    return {{{load_u32(payload, 2)}, load_u16(payload, 6)},
            load_u32(payload, 8),
            load_u32(payload, 12)};
}

void append_id(Bytes& bytes, const MigrationId& id) {
    append_u32(bytes, id.service.address.value);
    append_u16(bytes, id.service.port);
    append_u32(bytes, id.initial_sequence);
    append_u32(bytes, id.epoch);
}

const char* name_of(std::uint8_t type) {
    switch (static_cast<EncapsulationType>(type)) {
        case EncapsulationType::Connection:
            return "connection";
        case EncapsulationType::Forwarded:
            return "forwarded packet";
        case EncapsulationType::Acknowledgement:
            return "acknowledgement";
        case EncapsulationType::Reject:
            return "reject";
        case EncapsulationType::Release:
            return "release";
        case EncapsulationType::Data:
            return "endpoint data";
        case EncapsulationType::Challenge:
            return "challenge";
        case EncapsulationType::Go:
            return "go";
        case EncapsulationType::Missing:
            return "missing";
    }
    return "unknown type";
}

}  // namespace

std::string describe_encapsulation_type(std::uint8_t type) {
    return fmt::format("0x{:02x} {}", type, name_of(type));
}

std::string MigrationId::to_string() const {
    return fmt::format("{} iss {} epoch {}", service.to_string(), initial_sequence, epoch);
}

std::optional<ConnectionInformation> parse_connection_information(ByteView payload) {
    if (payload.size() != ConnectionInformation::kSize) return std::nullopt;
    const ConnectionPdu pdu(payload.data(), static_cast<std::uint32_t>(payload.size()));
    return ConnectionInformation{pdu.service(), pdu.rfind_pdu<ControlBlockPdu>().block()};
}

std::optional<FlowInformation> parse_flow_information(ByteView payload) {
    constexpr std::size_t kServiceSize = 6;
    if (payload.size() != kServiceSize && payload.size() != kServiceSize + 4) return std::nullopt;
    FlowInformation information{{{load_u32(payload, 0)}, load_u16(payload, 4)}};
    if (payload.size() > kServiceSize) information.flow = load_u32(payload, kServiceSize);
    return information;
}

std::optional<IdentifiedCopy> parse_identified_copy(ByteView payload) {
    if (payload.size() != IdentifiedCopy::kSize || load_u16(payload, 0) != kIdentifiedCopyLength) {
        return std::nullopt;
    }
    return IdentifiedCopy{load_id(payload), load_u32(payload, kLengthSize + kIdSize)};
}

std::optional<Rejection> parse_rejection(ByteView payload) {
    if (payload.size() != Rejection::kSize || load_u16(payload, 0) != kRejectionLength) {
        return std::nullopt;
    }
    return Rejection{load_id(payload), load_u16(payload, kLengthSize + kIdSize)};
}

std::optional<EndpointData> parse_endpoint_data(ByteView payload) {
    if (payload.size() < kDataHeaderSize || load_u16(payload, 0) != payload.size() - kLengthSize) {
        return std::nullopt;
    }
    const ByteView bytes = payload.subspan(kDataHeaderSize);
    return EndpointData{load_id(payload),
                        payload[kLengthSize + kIdSize],
                        load_u32(payload, kDataHeaderSize - 4),
                        {bytes.begin(), bytes.end()}};
}

std::optional<MissingRanges> parse_missing_ranges(ByteView payload) {
    constexpr std::size_t kBehindId = kLengthSize + kIdSize;
    const bool is_sized = payload.size() > kBehindId &&
                          (payload.size() - kBehindId) % kRangeSize == 0 &&
                          load_u16(payload, 0) == payload.size() - kLengthSize;
    if (!is_sized) return std::nullopt;
    MissingRanges missing{load_id(payload), {}};
    for (std::size_t at = kBehindId; at < payload.size(); at += kRangeSize) {
        missing.ranges.push_back(
            {payload[at], load_u32(payload, at + 1), load_u32(payload, at + 5)});
    }
    return missing;
}

Bytes encode(const ConnectionInformation& information) {
    return (ConnectionPdu(information.service) / ControlBlockPdu(information.block)).serialize();
}

Bytes encode(const FlowInformation& information) {
    Bytes bytes;
    append_u32(bytes, information.service.address.value);
    append_u16(bytes, information.service.port);
    if (information.flow) append_u32(bytes, *information.flow);
    return bytes;
}

Bytes encode(const IdentifiedCopy& identified) {
    Bytes bytes;
    append_u16(bytes, kIdentifiedCopyLength);
    append_id(bytes, identified.id);
    append_u32(bytes, identified.copy);
    return bytes;
}

Bytes encode(const Rejection& rejection) {
    Bytes bytes;
    append_u16(bytes, kRejectionLength);
    append_id(bytes, rejection.id);
    append_u16(bytes, rejection.reason);
    return bytes;
}

Bytes encode(const EndpointData& data) {
    Bytes bytes;
    append_u16(bytes,
               static_cast<std::uint16_t>(kDataHeaderSize - kLengthSize + data.bytes.size()));
    append_id(bytes, data.id);
    bytes.push_back(data.queue);
    bytes.push_back(0);
    append_u32(bytes, data.offset);
    append(bytes, data.bytes);
    return bytes;
}

Bytes encode(const MissingRanges& missing) {
    Bytes bytes;
    append_u16(bytes, static_cast<std::uint16_t>(kIdSize + kRangeSize * missing.ranges.size()));
    append_id(bytes, missing.id);
    for (const MissingRanges::Range& range : missing.ranges) {
        bytes.push_back(range.queue);
        append_u32(bytes, range.offset);
        append_u32(bytes, range.length);
    }
    return bytes;
}

}  // namespace conform
