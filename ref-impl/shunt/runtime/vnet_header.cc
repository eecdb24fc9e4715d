// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/vnet_header.hh"

#include <cstring>

#include "shunt/wire/checksum.hh"

namespace shunt::runtime {
namespace {

constexpr std::size_t kFlags = 0;
constexpr std::size_t kSegmentationType = 1;
constexpr std::size_t kChecksumStart = 6;
constexpr std::size_t kChecksumOffset = 8;
constexpr std::uint8_t kFlagNeedsChecksum = 1;
constexpr std::uint8_t kSegmentationNone = 0;
constexpr std::size_t kUdpChecksumOffset = 6;

std::uint16_t native_u16(const VnetHeaderBytes& bytes, std::size_t offset) {
    std::uint16_t value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

}  // namespace

VnetHeader VnetHeader::parse(const VnetHeaderBytes& bytes) {
    VnetHeader header;
    header.needs_checksum = (bytes[kFlags] & kFlagNeedsChecksum) != 0;
    header.is_segmented_later = bytes[kSegmentationType] != kSegmentationNone;
    header.checksum_start = native_u16(bytes, kChecksumStart);
    header.checksum_offset = native_u16(bytes, kChecksumOffset);
    return header;
}

bool complete_checksum(MutableBytes frame, std::size_t start, std::size_t offset) {
    if (start + offset + 2 > frame.size()) return false;
    const MutableBytes covered = frame.subspan(start);
    std::uint16_t checksum = wire::internet_checksum(covered);
    if (checksum == 0 && offset == kUdpChecksumOffset) checksum = 0xFFFF;
    store_u16(covered, offset, checksum);
    return true;
}

std::optional<Counter> apply(const VnetHeader& header, Packet& frame) {
    if (header.is_segmented_later) return Counter::DropDeviceSegmented;
    if (!header.needs_checksum) return std::nullopt;
    if (complete_checksum(frame.mutable_bytes(), header.checksum_start, header.checksum_offset))
        return std::nullopt;
    return Counter::DropDeviceChecksumStart;
}

}  // namespace shunt::runtime
