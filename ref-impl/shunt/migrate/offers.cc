// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/offers.hh"

#include <array>

namespace shunt::migrate {

Offers::Offers(SipKey key, Duration memory, std::size_t capacity)
    : key_(key), recent_(memory, capacity) {}

bool Offers::may_offer(const wire::ConnectionTuple& tuple, farm::ServerId server, Instant now) {
    return recent_.has_room(now) && !recent_.contains(key_of(tuple, server), now);
}

void Offers::remember(const wire::ConnectionTuple& tuple, farm::ServerId server, Instant now) {
    recent_.remember(key_of(tuple, server), now);
}

std::uint64_t Offers::key_of(const wire::ConnectionTuple& tuple, farm::ServerId server) const {
    // 64 keyed bits stand for the pair: a collision only keeps one connection at home.
    std::array<std::uint8_t, 12> bytes{};
    store_u64(bytes, 0, tuple.hash(key_));
    store_u32(bytes, 8, static_cast<std::uint32_t>(server));
    return siphash_2_4(key_, bytes);
}

}  // namespace shunt::migrate
