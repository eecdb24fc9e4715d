// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/reject.hh"

namespace shunt::wire {

Result<RejectMessage, Counter> RejectMessage::parse(const EncapsulationView& view) {
    SHUNT_ASSERT(view.type() == EncapsulationType::Reject, "payloads are parsed by Type");
    const std::uint16_t reason = load_u16(view.payload(), 2 + MigrationId::kSize);
    if (reason < static_cast<std::uint16_t>(RejectReason::NoListener) ||
        reason > static_cast<std::uint16_t>(RejectReason::Void)) {
        return Failure{Counter::DropEncapsulationPayload};
    }
    return RejectMessage{.id = MigrationId::load(view.payload(), 2),
                         .reason = static_cast<RejectReason>(reason)};
}

void RejectMessage::append_to(Packet& packet) const {
    const MutableBytes bytes = packet.append(kSize);
    store_u16(bytes, 0, kSize - 2);
    id.store(bytes, 2);
    store_u16(bytes, 2 + MigrationId::kSize, static_cast<std::uint16_t>(reason));
}

}  // namespace shunt::wire
