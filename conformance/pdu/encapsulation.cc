// SPDX-License-Identifier: Apache-2.0
#include "pdu/encapsulation.hh"

#include <fmt/format.h>

#include "pdu/tins_pdus.hh"

namespace conform {
namespace {

constexpr std::size_t kLengthSize = 2;
constexpr std::size_t kIdSize = 14;
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

Bytes encode(const ConnectionInformation& information) {
    return (ConnectionPdu(information.service) / ControlBlockPdu(information.block)).serialize();
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

}  // namespace conform
