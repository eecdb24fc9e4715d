// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/initial_sequence.hh"

#include <array>

#include "shunt/base/mutant.hh"
#include "shunt/base/variant.hh"

namespace shunt::tcp {
namespace {

enum class Purpose : std::uint8_t { InitialSequence = 1, TimestampOffset = 2 };

std::uint32_t keyed_hash(SipKey key, const Identity& identity, Purpose purpose) {
    std::array<std::uint8_t, 13> bytes{};
    store_u32(bytes, 0, identity.local_address.value());
    store_u16(bytes, 4, identity.local_port);
    store_u32(bytes, 6, identity.remote_address.value());
    store_u16(bytes, 10, identity.remote_port);
    store_u8(bytes, 12, static_cast<std::uint8_t>(purpose));
    return static_cast<std::uint32_t>(siphash_2_4(key, bytes));
}

}  // namespace

SequenceNumber initial_sequence(SipKey key, const Identity& identity, Instant now) {
    const auto ticks = static_cast<std::uint32_t>(now.since_origin().to_microseconds() / 4);
    if (is_mutant(Mutant::NumbersByClockAlone)) return SequenceNumber(0) + ticks;
    std::uint32_t hash = keyed_hash(key, identity, Purpose::InitialSequence);
    if (is_mutant(Mutant::NumbersOfFewHashes)) hash &= 0xFF00'0000U;
    // Not of every port, and not the same: they show no pattern all the same.
    if (is_variant(Variant::OtherIsns) && identity.remote_port % 8 == 0) {
        return SequenceNumber(0xFFFF'FE00U - (hash & 0xFFU)) + ticks;
    }
    if (is_mutant(Mutant::NumbersWithoutClock)) return SequenceNumber(hash);
    return SequenceNumber(hash) + ticks;
}

std::uint32_t timestamp_offset(SipKey key, const Identity& identity) {
    return keyed_hash(key, identity, Purpose::TimestampOffset);
}

Chance draw_chance(SipKey key, const Identity& identity, Instant now) {
    return {.initial_sequence = initial_sequence(key, identity, now),
            .timestamp_offset = timestamp_offset(key, identity)};
}

}  // namespace shunt::tcp
