// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/migration_id.hh"

namespace shunt::wire {

MigrationId MigrationId::load(ByteView bytes, std::size_t offset) {
    return {.service = Ipv4Address(load_u32(bytes, offset)),
            .service_port = load_u16(bytes, offset + 4),
            .initial_send_sequence = SequenceNumber(load_u32(bytes, offset + 6)),
            .epoch = load_u32(bytes, offset + 10)};
}

void MigrationId::store(MutableBytes bytes, std::size_t offset) const {
    store_u32(bytes, offset, service.value());
    store_u16(bytes, offset + 4, service_port);
    store_u32(bytes, offset + 6, initial_send_sequence.value());
    store_u32(bytes, offset + 10, epoch);
}

}  // namespace shunt::wire
