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

}  // namespace

void repair_ipv4_checksum(Bytes& packet, std::size_t offset) {
    const std::size_t named = 4U * (packet[offset] & 0x0FU);
    const std::size_t length = std::min(named, packet.size() - offset);
    if (length < kIpv4ChecksumOffset + 2) return;
    store_u16(packet, offset + kIpv4ChecksumOffset, 0);
    store_u16(packet, offset + kIpv4ChecksumOffset,
              internet_checksum(ByteView(packet).subspan(offset, length)));
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
