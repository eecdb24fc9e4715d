// SPDX-License-Identifier: Apache-2.0
#include "pdu/encapsulation.hh"

#include <fmt/format.h>

#include "pdu/tins_pdus.hh"

namespace conform {
namespace {

constexpr std::uint16_t kIdentifiedCopyLength = 18;  // what follows the length field

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
    IdentifiedCopy identified;
    identified.id.service = {{load_u32(payload, 2)}, load_u16(payload, 6)};
    identified.id.initial_sequence = load_u32(payload, 8);
    identified.id.epoch = load_u32(payload, 12);
    identified.copy = load_u32(payload, 16);
    return identified;
}

Bytes encode(const ConnectionInformation& information) {
    return (ConnectionPdu(information.service) / ControlBlockPdu(information.block)).serialize();
}

Bytes encode(const IdentifiedCopy& identified) {
    Bytes bytes;
    append_u16(bytes, kIdentifiedCopyLength);
    append_u32(bytes, identified.id.service.address.value);
    append_u16(bytes, identified.id.service.port);
    append_u32(bytes, identified.id.initial_sequence);
    append_u32(bytes, identified.id.epoch);
    append_u32(bytes, identified.copy);
    return bytes;
}

}  // namespace conform
