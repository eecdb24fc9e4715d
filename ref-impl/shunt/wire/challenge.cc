// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/challenge.hh"

namespace shunt::wire {

Result<Challenge, Counter> Challenge::parse(const EncapsulationView& view) {
    SHUNT_ASSERT(view.type() == EncapsulationType::Challenge, "payloads are parsed by Type");
    const std::uint8_t kind = load_u8(view.payload(), 2);
    if (kind != static_cast<std::uint8_t>(ChallengeKind::Challenge) &&
        kind != static_cast<std::uint8_t>(ChallengeKind::Answer)) {
        return Failure{Counter::DropEncapsulationPayload};
    }
    return Challenge{.kind = static_cast<ChallengeKind>(kind),
                     .nonce = load_u64(view.payload(), 3),
                     .boot_index = load_u64(view.payload(), 11)};
}

}  // namespace shunt::wire
