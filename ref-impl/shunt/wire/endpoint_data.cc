// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/endpoint_data.hh"

namespace shunt::wire {

bool is_endpoint_queue(std::uint8_t number) {
    return number >= static_cast<std::uint8_t>(EndpointQueue::Send) &&
           number <= static_cast<std::uint8_t>(EndpointQueue::ApplicationContext);
}

Result<EndpointData, Counter> EndpointData::parse(const EncapsulationView& view) {
    SHUNT_ASSERT(view.type() == EncapsulationType::Data, "payloads are parsed by Type");
    const ByteView payload = view.payload();
    const std::size_t queue_offset = 2 + MigrationId::kSize;
    const std::uint8_t queue = load_u8(payload, queue_offset);
    if (!is_endpoint_queue(queue)) return Failure{Counter::DropEncapsulationPayload};
    return EndpointData{.id = MigrationId::load(payload, 2),
                        .queue = static_cast<EndpointQueue>(queue),
                        .offset = load_u32(payload, queue_offset + 2),
                        .bytes = payload.subspan(kHeadSize)};
}

}  // namespace shunt::wire
