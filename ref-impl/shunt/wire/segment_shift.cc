// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/segment_shift.hh"

#include "shunt/base/assert.hh"
#include "shunt/wire/checksum_change.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::wire {
namespace {

constexpr std::size_t kIpChecksumOffset = 10;
constexpr std::size_t kSourceOffset = 12;
constexpr std::size_t kDestinationOffset = 16;
constexpr std::size_t kSequenceOffset = 4;
constexpr std::size_t kAcknowledgmentOffset = 8;
constexpr std::size_t kFlagsOffset = 13;
constexpr std::size_t kTcpChecksumOffset = 16;

constexpr std::uint8_t kEndOfOptions = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kSack = 5;
constexpr std::uint8_t kTimestamps = 8;
constexpr std::size_t kTimestampsSize = 10;
constexpr std::size_t kEdgeSize = 4;

/// Adds to the number at `offset`, and notes that.
void add_at(MutableBytes segment, std::size_t offset, std::uint32_t difference,
            ChecksumChange& changes) {
    if (difference == 0) return;
    const std::uint32_t before = load_u32(segment, offset);
    store_u32(segment, offset, before + difference);
    changes.note_at(offset, before, before + difference);
}

/// The option that begins at `offset`, whose content is `size` bytes long.
void shift_option(MutableBytes segment, std::size_t offset, std::size_t size,
                  const SegmentShift& shift, bool is_acknowledging, ChecksumChange& changes) {
    const std::uint8_t kind = segment[offset];
    if (kind == kTimestamps && size == kTimestampsSize) {
        add_at(segment, offset + 2, shift.timestamp, changes);
        if (is_acknowledging) add_at(segment, offset + 6, shift.echo, changes);
    }
    const bool is_sack = kind == kSack && size >= 2 + 2 * kEdgeSize && (size - 2) % 8 == 0;
    if (!is_sack || !is_acknowledging) return;
    for (std::size_t edge = offset + 2; edge < offset + size; edge += kEdgeSize)
        add_at(segment, edge, shift.acknowledgment, changes);
}

void shift_options(MutableBytes segment, std::size_t end, const SegmentShift& shift,
                   bool is_acknowledging, ChecksumChange& changes) {
    std::size_t offset = kTcpHeaderSize;
    while (offset < end && segment[offset] != kEndOfOptions) {
        if (segment[offset] == kNoOperation) {
            ++offset;
            continue;
        }
        if (end - offset < 2) return;
        const std::size_t size = segment[offset + 1];
        if (size < 2 || size > end - offset) return;
        shift_option(segment, offset, size, shift, is_acknowledging, changes);
        offset += size;
    }
}

void readdress(MutableBytes packet, const SegmentShift& shift, ChecksumChange& changes) {
    if (shift.source) {
        changes.note(load_u32(packet, kSourceOffset), shift.source->value());
        store_u32(packet, kSourceOffset, shift.source->value());
    }
    if (shift.destination) {
        changes.note(load_u32(packet, kDestinationOffset), shift.destination->value());
        store_u32(packet, kDestinationOffset, shift.destination->value());
    }
}

}  // namespace

std::optional<Counter> shift_segment(MutableBytes packet, const SegmentShift& shift,
                                     ChecksumField field) {
    SHUNT_ASSERT(packet.size() >= kIpv4HeaderSize && packet[0] >> 4 == 4, "the header was parsed");
    SHUNT_ASSERT((load_u16(packet, 6) & 0x3FFF) == 0, "fragments are reassembled before");
    SHUNT_ASSERT(packet[9] == static_cast<std::uint8_t>(IpProtocol::Tcp), "sessions are TCP's");
    const std::size_t header_size = std::size_t{packet[0]} % 16 * 4;
    const std::size_t total_length = load_u16(packet, 2);
    SHUNT_ASSERT(header_size >= kIpv4HeaderSize && header_size <= total_length &&
                     total_length <= packet.size(),
                 "the header was parsed");
    if (total_length < header_size + kTcpHeaderSize) return Counter::DropTcpTruncated;
    const MutableBytes segment = packet.first(total_length).subspan(header_size);
    const std::size_t options_end = std::size_t{segment[12]} / 16 * 4;
    if (options_end < kTcpHeaderSize || options_end > segment.size())
        return Counter::DropTcpDataOffset;

    ChecksumChange of_addresses;
    readdress(packet, shift, of_addresses);
    ChecksumChange changes = of_addresses;
    const bool is_acknowledging = TcpFlags::from_byte(segment[kFlagsOffset]).acknowledgment;
    add_at(segment, kSequenceOffset, shift.sequence, changes);
    if (is_acknowledging) add_at(segment, kAcknowledgmentOffset, shift.acknowledgment, changes);
    shift_options(segment, options_end, shift, is_acknowledging, changes);

    if (of_addresses.sum() != 0) of_addresses.update(packet, kIpChecksumOffset);
    if (field == ChecksumField::Partial) {
        const std::uint64_t sum = load_u16(segment, kTcpChecksumOffset);
        store_u16(segment, kTcpChecksumOffset, fold_checksum(sum + of_addresses.sum()));
    } else if (changes.sum() != 0) {
        changes.update(segment, kTcpChecksumOffset);
    }
    return std::nullopt;
}

SegmentShift inverse_of(const SegmentShift& shift, Ipv4Address source, Ipv4Address destination) {
    SegmentShift inverse;
    if (shift.source) inverse.source = source;
    if (shift.destination) inverse.destination = destination;
    inverse.sequence = 0 - shift.sequence;
    inverse.acknowledgment = 0 - shift.acknowledgment;
    inverse.timestamp = 0 - shift.timestamp;
    inverse.echo = 0 - shift.echo;
    return inverse;
}

}  // namespace shunt::wire
