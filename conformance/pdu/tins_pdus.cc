// SPDX-License-Identifier: Apache-2.0
#include "pdu/tins_pdus.hh"

#include <tins/exceptions.h>
#include <tins/rawpdu.h>

#include <algorithm>

#include "pdu/checksum.hh"

namespace conform {
namespace {

using Bytes8 = std::span<std::uint8_t>;

SocketAddress load_socket_address(ByteView bytes, std::size_t offset) {
    return {{load_u32(bytes, offset)}, load_u16(bytes, offset + 4)};
}

void store_socket_address(Bytes8 bytes, std::size_t offset, const SocketAddress& address) {
    store_u32(bytes, offset, address.address.value);
    store_u16(bytes, offset + 4, address.port);
}

ByteView at_least(const std::uint8_t* buffer, std::uint32_t size, std::size_t wanted) {
    if (size < wanted) throw Tins::malformed_packet();
    return {buffer, size};
}

struct LoadField {
    ByteView bytes;
    void operator()(std::size_t offset, const char*, std::uint8_t& field) const {
        field = bytes[offset];
    }
    void operator()(std::size_t offset, const char*, std::uint16_t& field) const {
        field = load_u16(bytes, offset);
    }
    void operator()(std::size_t offset, const char*, std::uint32_t& field) const {
        field = load_u32(bytes, offset);
    }
};

struct StoreField {
    Bytes8 bytes;
    void operator()(std::size_t offset, const char*, std::uint8_t field) const {
        bytes[offset] = field;
    }
    void operator()(std::size_t offset, const char*, std::uint16_t field) const {
        store_u16(bytes, offset, field);
    }
    void operator()(std::size_t offset, const char*, std::uint32_t field) const {
        store_u32(bytes, offset, field);
    }
};

}  // namespace

EncapsulationPdu::EncapsulationPdu(const std::uint8_t* buffer, std::uint32_t size) {
    const ByteView bytes = at_least(buffer, size, kEncapsulationHeaderSize);
    header_.source = load_socket_address(bytes, 0);
    header_.destination = load_socket_address(bytes, 6);
    header_.type = bytes[12];
    header_.protocol = bytes[13];
    header_.checksum = load_u16(bytes, kEncapsulationChecksumOffset);
    const auto rest = size - static_cast<std::uint32_t>(kEncapsulationHeaderSize);
    if (rest == 0) return;
    buffer += kEncapsulationHeaderSize;
    if (header_.is(EncapsulationType::Connection) &&
        header_.protocol == encapsulated_protocol::kTcp && rest >= ConnectionInformation::kSize) {
        inner_pdu(new ConnectionPdu(buffer, rest));
    } else {
        inner_pdu(new Tins::RawPDU(buffer, rest));
    }
}

void EncapsulationPdu::write_serialization(std::uint8_t* buffer, std::uint32_t size) {
    // libtins has written the children before it comes here.
    const Bytes8 bytes(buffer, size);
    store_socket_address(bytes, 0, header_.source);
    store_socket_address(bytes, 6, header_.destination);
    bytes[12] = header_.type;
    bytes[13] = header_.protocol;
    store_u16(bytes, kEncapsulationChecksumOffset, 0);
    // FRM-4: a forwarded packet has checksums of its own.
    const bool is_header_alone = header_.is(EncapsulationType::Forwarded);
    const ByteView covered =
        is_header_alone ? ByteView(bytes.first(kEncapsulationHeaderSize)) : ByteView(bytes);
    store_u16(bytes, kEncapsulationChecksumOffset, internet_checksum(covered));
}

ConnectionPdu::ConnectionPdu(const std::uint8_t* buffer, std::uint32_t size)
    : service_(load_socket_address(at_least(buffer, size, kHeaderSize), 0)) {
    inner_pdu(new ControlBlockPdu(buffer + kHeaderSize, size - kHeaderSize));
}

void ConnectionPdu::write_serialization(std::uint8_t* buffer, std::uint32_t size) {
    store_socket_address(Bytes8(buffer, size), 0, service_);
}

ControlBlockPdu::ControlBlockPdu(const std::uint8_t* buffer, std::uint32_t size) {
    visit_fields(block_, LoadField{at_least(buffer, size, kControlBlockSize)});
    const auto rest = size - static_cast<std::uint32_t>(kControlBlockSize);
    if (rest > 0) inner_pdu(new Tins::RawPDU(buffer + kControlBlockSize, rest));
}

void ControlBlockPdu::write_serialization(std::uint8_t* buffer, std::uint32_t size) {
    visit_fields(block_, StoreField{Bytes8(buffer, size)});
}

}  // namespace conform
