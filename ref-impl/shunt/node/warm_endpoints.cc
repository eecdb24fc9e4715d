// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/warm_endpoints.hh"

namespace shunt::node {

std::optional<WarmEndpoints::Slot> WarmEndpoints::touch(Slot slot) {
    if (slot >= standings_.size()) standings_.resize(std::size_t{slot} + 1, Standing::Cold);
    if (standings_[slot] != Standing::Cold) {
        standings_[slot] = Standing::UsedAgain;
        return std::nullopt;
    }
    standings_[slot] = Standing::Warm;
    if (warm_.size() < capacity_) {
        warm_.push_back(slot);
        return std::nullopt;
    }
    // Ends after one round at the latest: whom the hand has passed is not used again meanwhile.
    while (standings_[warm_[hand_]] == Standing::UsedAgain) {
        standings_[warm_[hand_]] = Standing::Warm;
        hand_ = (hand_ + 1) % capacity_;
    }
    const Slot pushed_out = warm_[hand_];
    standings_[pushed_out] = Standing::Cold;
    warm_[hand_] = slot;
    hand_ = (hand_ + 1) % capacity_;
    return pushed_out;
}

}  // namespace shunt::node
