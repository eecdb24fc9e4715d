// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/missing_ranges.hh"

namespace shunt::wire {

Result<MissingRanges, Counter> MissingRanges::parse(const EncapsulationView& view) {
    SHUNT_ASSERT(view.type() == EncapsulationType::Missing, "payloads are parsed by Type");
    const MissingRanges missing(view.payload());
    for (std::size_t index = 0; index < missing.size(); ++index) {
        if (!is_endpoint_queue(load_u8(missing.ranges(), index * kRangeSize))) {
            return Failure{Counter::DropEncapsulationPayload};
        }
    }
    return missing;
}

MissingRange MissingRanges::operator[](std::size_t index) const {
    const ByteView range = ranges().subspan(index * kRangeSize, kRangeSize);
    return {.queue = static_cast<EndpointQueue>(load_u8(range, 0)),
            .offset = load_u32(range, 1),
            .length = load_u32(range, 5)};
}

void MissingRanges::append_to(Packet& packet, const MigrationId& id,
                              std::span<const MissingRange> ranges) {
    SHUNT_ASSERT(!ranges.empty() && ranges.size() <= kRangesMax, "a 0x15 names 1 to 32 ranges");
    const std::size_t size = 2 + MigrationId::kSize + ranges.size() * kRangeSize;
    const MutableBytes bytes = packet.append(size);
    store_u16(bytes, 0, static_cast<std::uint16_t>(size - 2));
    id.store(bytes, 2);
    std::size_t at = 2 + MigrationId::kSize;
    for (const MissingRange& range : ranges) {
        store_u8(bytes, at, static_cast<std::uint8_t>(range.queue));
        store_u32(bytes, at + 1, range.offset);
        store_u32(bytes, at + 5, range.length);
        at += kRangeSize;
    }
}

}  // namespace shunt::wire
