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

void EndpointData::append_head_to(Packet& packet, const MigrationId& id, EndpointQueue queue,
                                  std::uint32_t offset, std::size_t count) {
    const MutableBytes head = packet.append(kHeadSize);
    store_u16(head, 0, static_cast<std::uint16_t>(kHeadSize - 2 + count));
    id.store(head, 2);
    store_u8(head, 2 + MigrationId::kSize, static_cast<std::uint8_t>(queue));
    store_u8(head, 2 + MigrationId::kSize + 1, 0);
    store_u32(head, 2 + MigrationId::kSize + 2, offset);
}

}  // namespace shunt::wire
