// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/vnet_header.hh"

#include <cstring>

#include "shunt/wire/checksum.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::runtime {
namespace {

constexpr std::size_t kFlags = 0;
constexpr std::size_t kSegmentationType = 1;
constexpr std::size_t kHeaderLength = 2;
constexpr std::size_t kSegmentSize = 4;
constexpr std::size_t kChecksumStart = 6;
constexpr std::size_t kChecksumOffset = 8;
constexpr std::uint8_t kFlagNeedsChecksum = 1;
constexpr std::uint8_t kSegmentationNone = 0;
constexpr std::uint8_t kSegmentationTcpIpv4 = 1;
constexpr std::size_t kUdpChecksumOffset = 6;
constexpr std::size_t kTcpChecksumOffset = 16;

std::uint16_t native_u16(const VnetHeaderBytes& bytes, std::size_t offset) {
    std::uint16_t value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

void store_native_u16(VnetHeaderBytes& bytes, std::size_t offset, std::size_t value) {
    const auto narrow = static_cast<std::uint16_t>(value);
    std::memcpy(bytes.data() + offset, &narrow, sizeof narrow);
}

VnetHeader::Train train_of(std::uint8_t type) {
    // With the bit for ECN it is another type: CWR would have to be kept to the first piece.
    if (type == kSegmentationNone) return VnetHeader::Train::None;
    return type == kSegmentationTcpIpv4 ? VnetHeader::Train::TcpIpv4 : VnetHeader::Train::Other;
}

/// Where TCP begins in a frame that is whole TCP over IPv4, and where its text does.
struct TcpPlace {
    std::size_t header = 0;
    std::size_t text = 0;
};

std::optional<TcpPlace> find_tcp(ByteView frame) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return std::nullopt;
    const auto ip = wire::Ipv4View::parse(ethernet->payload());
    if (!ip) return std::nullopt;
    const auto segment = wire::TcpView::parse(*ip, wire::ChecksumField::Partial);
    if (!segment) return std::nullopt;
    const std::size_t header = wire::kEthernetHeaderSize + ip->header_size();
    return TcpPlace{header, header + segment->header_size()};
}

/// What is left to do about a frame of TCP over IPv4; nothing if the header means another one, or
/// pieces that a Packet would not hold.
std::optional<Unfinished> unfinished_tcp(const VnetHeader& header, ByteView frame) {
    const auto place = find_tcp(frame);
    if (!place || header.train == VnetHeader::Train::Other) return std::nullopt;
    const bool is_its_checksum =
        !header.needs_checksum ||
        (header.checksum_start == place->header && header.checksum_offset == kTcpChecksumOffset);
    if (!is_its_checksum) return std::nullopt;
    if (header.train == VnetHeader::Train::None) return Unfinished{.checksum = true};
    if (header.segment_size == 0 || place->text + header.segment_size > Packet::kCapacity)
        return std::nullopt;
    return Unfinished{.checksum = true, .segment_size = header.segment_size};
}

}  // namespace

VnetHeader VnetHeader::parse(const VnetHeaderBytes& bytes) {
    VnetHeader header;
    header.needs_checksum = (bytes[kFlags] & kFlagNeedsChecksum) != 0;
    header.train = train_of(bytes[kSegmentationType]);
    header.segment_size = native_u16(bytes, kSegmentSize);
    header.checksum_start = native_u16(bytes, kChecksumStart);
    header.checksum_offset = native_u16(bytes, kChecksumOffset);
    return header;
}

VnetHeaderBytes VnetHeader::for_sending(const Packet& frame) {
    VnetHeaderBytes bytes{};
    if (!frame.unfinished().any()) return bytes;
    const auto place = find_tcp(frame.bytes());
    SHUNT_ASSERT(place, "only TCP over IPv4 leaves unfinished");
    bytes[kFlags] = kFlagNeedsChecksum;
    store_native_u16(bytes, kChecksumStart, place->header);
    store_native_u16(bytes, kChecksumOffset, kTcpChecksumOffset);
    if (frame.unfinished().segment_size == 0) return bytes;
    bytes[kSegmentationType] = kSegmentationTcpIpv4;
    store_native_u16(bytes, kHeaderLength, place->text);
    store_native_u16(bytes, kSegmentSize, frame.unfinished().segment_size);
    return bytes;
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
    const bool is_train = header.train != VnetHeader::Train::None;
    if (!is_train && !header.needs_checksum) return std::nullopt;
    if (const auto unfinished = unfinished_tcp(header, frame.bytes())) {
        frame.set_unfinished(*unfinished);
        return std::nullopt;
    }
    if (is_train) return Counter::DropDeviceSegmented;
    if (complete_checksum(frame.mutable_bytes(), header.checksum_start, header.checksum_offset))
        return std::nullopt;
    return Counter::DropDeviceChecksumStart;
}

}  // namespace shunt::runtime
