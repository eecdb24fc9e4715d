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

}  // namespace shunt::wire
