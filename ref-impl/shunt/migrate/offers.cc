// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/offers.hh"

#include <array>

namespace shunt::migrate {

Offers::Offers(SipKey key, Duration memory, std::size_t capacity)
    : key_(key), memory_(memory), capacity_(capacity) {}

bool Offers::may_offer(const wire::ConnectionTuple& tuple, farm::ServerId server, Instant now) {
    forget_expired(now);
    return order_.size() < capacity_ && !until_.contains(key_of(tuple, server));
}

void Offers::remember(const wire::ConnectionTuple& tuple, farm::ServerId server, Instant now) {
    const std::uint64_t key = key_of(tuple, server);
    order_.push_back({key, now + memory_});
    until_[key] = now + memory_;
}

std::uint64_t Offers::key_of(const wire::ConnectionTuple& tuple, farm::ServerId server) const {
    // 64 keyed bits stand for the pair: a collision only keeps one connection at home.
    std::array<std::uint8_t, 12> bytes{};
    store_u64(bytes, 0, tuple.hash(key_));
    store_u32(bytes, 8, static_cast<std::uint32_t>(server));
    return siphash_2_4(key_, bytes);
}

void Offers::forget_expired(Instant now) {
    while (!order_.empty() && order_.front().until <= now) {
        const auto entry = until_.find(order_.front().key);
        if (entry != until_.end() && entry->second <= now) until_.erase(entry);
        order_.pop_front();
    }
}

}  // namespace shunt::migrate
