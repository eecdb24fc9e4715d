// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/migration_copy.hh"

namespace shunt::wire {

std::optional<MigrationCopy> MigrationCopy::parse(const EncapsulationView& view) {
    SHUNT_ASSERT(view.type() == EncapsulationType::Acknowledgement ||
                     view.type() == EncapsulationType::Release ||
                     view.type() == EncapsulationType::Go,
                 "payloads are parsed by Type");
    if (view.payload().empty()) return std::nullopt;
    return MigrationCopy{.id = MigrationId::load(view.payload(), 2),
                         .copy = load_u32(view.payload(), 2 + MigrationId::kSize)};
}

void MigrationCopy::append_to(Packet& packet) const {
    const MutableBytes bytes = packet.append(kSize);
    store_u16(bytes, 0, kSize - 2);
    id.store(bytes, 2);
    store_u32(bytes, 2 + MigrationId::kSize, copy);
}

}  // namespace shunt::wire
