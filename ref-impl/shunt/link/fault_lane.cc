// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/fault_lane.hh"

#include <utility>

namespace shunt::link {

FaultLane::FaultLane(const FaultPlan& plan, Rng rng, PacketPool& pool)
    : plan_(plan), rng_(rng), pool_(pool) {}

void FaultLane::push(Packet frame) {
    if (rng_.chance(plan_.loss)) {
        ++counts_.lost;
        return;
    }
    if (rng_.chance(plan_.corruption) && !frame.empty()) flip_one_bit(frame);
    std::optional<Packet> duplicate;
    if (rng_.chance(plan_.duplication)) {
        ++counts_.duplicated;
        duplicate = pool_.copy(frame.bytes());
    }
    const bool is_overtaken = rng_.chance(plan_.reordering) && !held_;
    if (is_overtaken) {
        ++counts_.reordered;
        held_ = std::move(frame);
        // A copy that overtook its original would be the same frame in the same place.
        if (duplicate) ready_.push_back(std::move(*duplicate));
        return;
    }
    ready_.push_back(std::move(frame));
    if (duplicate) ready_.push_back(std::move(*duplicate));
    flush();
}

std::optional<Packet> FaultLane::pop() {
    if (ready_.empty()) return std::nullopt;
    Packet frame = std::move(ready_.front());
    ready_.pop_front();
    return frame;
}

void FaultLane::flush() {
    if (!held_) return;
    ready_.push_back(std::move(*held_));
    held_.reset();
}

void FaultLane::flip_one_bit(Packet& frame) {
    ++counts_.corrupted;
    const std::uint64_t position = rng_.below(frame.size());
    const std::uint64_t bit = rng_.below(8);
    frame.mutable_bytes()[position] ^= static_cast<std::uint8_t>(1U << bit);
}

}  // namespace shunt::link
