// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/encapsulation.hh"

#include <optional>

#include "shunt/base/mutant.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/migration_id.hh"
#include "shunt/wire/reject.hh"

namespace shunt::wire {
namespace {

constexpr std::size_t kLengthFieldSize = 2;
constexpr std::size_t kDataHeadSize = MigrationId::kSize + 6;  // queue, zero, offset
constexpr std::size_t kChallengeLength = 17;                   // kind, nonce, boot index
constexpr std::size_t kMissingRangeSize = 9;                   // queue, offset, length
constexpr std::size_t kMissingRangesMax = 32;

bool is_known(std::uint8_t type, ProtocolSet set) {
    switch (static_cast<EncapsulationType>(type)) {
        case EncapsulationType::Connection:
        case EncapsulationType::Forwarded:
        case EncapsulationType::Acknowledgement:
            return true;
        case EncapsulationType::Reject:
        case EncapsulationType::Release:
        case EncapsulationType::Data:
        case EncapsulationType::Challenge:
        case EncapsulationType::Go:
        case EncapsulationType::Missing:
            return set == ProtocolSet::Extended;
    }
    return false;
}

// Length follows from Protocol too. Where that is none, which is checked later, the longest form
// that is there is taken, so that the checksum is judged as whoever sent it must have made it.
std::size_t connection_size(std::uint8_t protocol, std::size_t available, ProtocolSet set) {
    const std::size_t udp_size = set == ProtocolSet::Base ? ConnectionInformation::kUdpBaseSize
                                                          : ConnectionInformation::kUdpSize;
    switch (static_cast<TransportProtocol>(protocol)) {
        case TransportProtocol::Tcp:
            return ConnectionInformation::kTcpSize;
        case TransportProtocol::Udp:
            return udp_size;
    }
    if (available >= ConnectionInformation::kTcpSize) return ConnectionInformation::kTcpSize;
    return available >= udp_size ? udp_size : ConnectionInformation::kUdpBaseSize;
}

// True if a length field of this value is one that the Type can have.
bool is_length_of(EncapsulationType type, std::size_t length) {
    switch (type) {
        case EncapsulationType::Acknowledgement:
        case EncapsulationType::Release:
        case EncapsulationType::Go:
            return length + kLengthFieldSize == MigrationCopy::kSize;
        case EncapsulationType::Reject:
            return length + kLengthFieldSize == RejectMessage::kSize;
        case EncapsulationType::Data:
            return length >= kDataHeadSize;
        case EncapsulationType::Challenge:
            return length == kChallengeLength;
        case EncapsulationType::Missing:
            return length > MigrationId::kSize &&
                   length <= MigrationId::kSize + kMissingRangesMax * kMissingRangeSize &&
                   (length - MigrationId::kSize) % kMissingRangeSize == 0;
        case EncapsulationType::Connection:
        case EncapsulationType::Forwarded:
            break;
    }
    return false;
}

// Of a payload that begins with a length field; nothing if it is cut or has a wrong length.
std::optional<std::size_t> counted_size(EncapsulationType type, ByteView rest) {
    if (rest.size() < kLengthFieldSize) return std::nullopt;
    const std::size_t length = load_u16(rest, 0);
    if (!is_length_of(type, length) || length > rest.size() - kLengthFieldSize) {
        return std::nullopt;
    }
    return kLengthFieldSize + length;
}

// How much of `rest`, all behind the header, is payload (FRM-5); nothing if it is not all there.
std::optional<std::size_t> payload_size(EncapsulationType type, std::uint8_t protocol,
                                        ByteView rest, ProtocolSet set) {
    if (type == EncapsulationType::Connection) {
        const std::size_t size = connection_size(protocol, rest.size(), set);
        if (size > rest.size()) return std::nullopt;
        return size;
    }
    if (type == EncapsulationType::Forwarded) {
        if (rest.size() < kIpv4HeaderSize) return std::nullopt;
        const std::size_t size = load_u16(rest, 2);
        if (size > rest.size()) return std::nullopt;
        return size;
    }
    if (type == EncapsulationType::Acknowledgement) {
        // Without the extension it is what the figures show, also to an extended receiver.
        if (set == ProtocolSet::Base) return 0;
        return counted_size(type, rest).value_or(0);
    }
    return counted_size(type, rest);
}

bool is_checksum_right(EncapsulationType type, ByteView bytes) {
    if (is_mutant(Mutant::IgnoresChecksum)) return true;
    const ByteView header = bytes.first(kEncapsulationHeaderSize);
    if (type == EncapsulationType::Forwarded) return is_checksum_valid(header);
    if (is_checksum_valid(bytes)) return true;
    // A sender whose receivers may be of the base set leaves its extension uncovered: it is
    // padding to them.
    return type == EncapsulationType::Acknowledgement && is_checksum_valid(header);
}

}  // namespace

void EncapsulationHeader::prepend_to(Packet& packet) const {
    const MutableBytes header = packet.prepend(kEncapsulationHeaderSize);
    store_u32(header, 0, source.value());
    store_u16(header, 4, source_port);
    store_u32(header, 6, destination.value());
    store_u16(header, 10, destination_port);
    store_u8(header, 12, static_cast<std::uint8_t>(type));
    store_u8(header, 13, static_cast<std::uint8_t>(protocol));
    store_u16(header, 14, 0);
    const ByteView covered =
        type == EncapsulationType::Forwarded ? ByteView(header) : packet.bytes();
    store_u16(header, 14, internet_checksum(covered));
}

Result<EncapsulationView, Counter> EncapsulationView::parse(ByteView bytes, ProtocolSet set) {
    if (bytes.size() < kEncapsulationHeaderSize) {
        return Failure{Counter::DropEncapsulationTruncated};
    }
    if (!is_known(bytes[12], set)) return Failure{Counter::DropEncapsulationType};
    const auto type = static_cast<EncapsulationType>(bytes[12]);
    const std::uint8_t protocol = bytes[13];
    const auto size = payload_size(type, protocol, bytes.subspan(kEncapsulationHeaderSize), set);
    if (!size) return Failure{Counter::DropEncapsulationLength};
    if (is_mutant(Mutant::RefusesPadding) && kEncapsulationHeaderSize + *size != bytes.size()) {
        return Failure{Counter::DropEncapsulationLength};
    }
    const ByteView exact = bytes.first(kEncapsulationHeaderSize + *size);
    if (!is_checksum_right(type, exact)) return Failure{Counter::DropEncapsulationChecksum};
    if (protocol != static_cast<std::uint8_t>(TransportProtocol::Tcp) &&
        protocol != static_cast<std::uint8_t>(TransportProtocol::Udp)) {
        return Failure{Counter::DropEncapsulationProtocol};
    }
    return EncapsulationView(exact);
}

EncapsulationHeader EncapsulationView::header() const {
    return {.source = source(),
            .source_port = source_port(),
            .destination = destination(),
            .destination_port = destination_port(),
            .type = type(),
            .protocol = protocol()};
}

}  // namespace shunt::wire
