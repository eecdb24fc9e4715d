// SPDX-License-Identifier: Apache-2.0
#include "pdu/repair.hh"

#include <algorithm>

#include "pdu/checksum.hh"
#include "pdu/encapsulation.hh"
#include "pdu/frame.hh"

namespace conform {
namespace {

constexpr std::size_t kIpv4ChecksumOffset = 10;
constexpr std::size_t kTypeOffset = 12;
constexpr std::size_t kTcpChecksumOffset = 16;
constexpr std::uint8_t kTcp = 6;

}  // namespace

void repair_ipv4_checksum(Bytes& packet, std::size_t offset) {
    const std::size_t named = 4U * (packet[offset] & 0x0FU);
    const std::size_t length = std::min(named, packet.size() - offset);
    if (length < kIpv4ChecksumOffset + 2) return;
    store_u16(packet, offset + kIpv4ChecksumOffset, 0);
    store_u16(packet, offset + kIpv4ChecksumOffset,
              internet_checksum(ByteView(packet).subspan(offset, length)));
}

void repair_tcp_checksum(Bytes& packet) {
    const std::size_t header_size = 4U * (packet[0] & 0x0FU);
    const std::size_t size = packet.size() - header_size;
    store_u16(packet, header_size + kTcpChecksumOffset, 0);
    const std::uint32_t start =
        pseudo_header_sum({load_u32(packet, 12)}, {load_u32(packet, 16)}, kTcp, size);
    store_u16(packet, header_size + kTcpChecksumOffset,
              internet_checksum(ByteView(packet).subspan(header_size), start));
}

void repair_encapsulation_checksum(Bytes& frame) {
    const ByteView behind = ByteView(frame).subspan(kEthernetHeaderSize);
    const auto forwarded = static_cast<std::uint8_t>(EncapsulationType::Forwarded);
    const bool is_header_alone = behind[kTypeOffset] == forwarded;
    store_u16(frame, kEthernetHeaderSize + kEncapsulationChecksumOffset, 0);
    const ByteView covered = is_header_alone ? behind.first(kEncapsulationHeaderSize) : behind;
    store_u16(frame, kEthernetHeaderSize + kEncapsulationChecksumOffset,
              internet_checksum(covered));
}

}  // namespace conform
