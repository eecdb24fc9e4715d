// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/recent_keys.hh"

namespace shunt::migrate {

bool RecentKeys::contains(std::uint64_t key, Instant now) {
    forget_expired(now);
    return until_.contains(key);
}

bool RecentKeys::has_room(Instant now) {
    forget_expired(now);
    return order_.size() < capacity_;
}

void RecentKeys::remember(std::uint64_t key, Instant now) {
    if (!has_room(now) && !order_.empty()) forget_oldest();
    order_.push_back({key, now + memory_});
    until_[key] = now + memory_;
}

void RecentKeys::forget_expired(Instant now) {
    while (!order_.empty() && order_.front().until <= now)
        forget_oldest();
}

void RecentKeys::forget_oldest() {
    // A key that was remembered again since has a later entry of its own.
    const auto entry = until_.find(order_.front().key);
    if (entry != until_.end() && entry->second <= order_.front().until) until_.erase(entry);
    order_.pop_front();
}

}  // namespace shunt::migrate
