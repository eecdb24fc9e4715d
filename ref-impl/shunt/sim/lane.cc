// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/lane.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::sim {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

// A ratio of nothing draws nothing: a link without faults costs no chance.
bool happens(Rng& rng, Ratio ratio) {
    return ratio.numerator > 0 && rng.chance(ratio);
}

Duration time_to_send(std::size_t size, std::uint64_t rate) {
    const auto bytes = static_cast<std::int64_t>(size);
    return Duration::nanoseconds(bytes * kNanosecondsPerSecond / static_cast<std::int64_t>(rate));
}

}  // namespace

Lane::Fate Lane::pass(const FaultPlan& plan, const OrderedFate& ordered, std::size_t size,
                      Instant now, FaultCounts& counts) {
    Fate fate;
    if (happens(rng_, plan.loss)) {
        ++counts.lost;
        return fate;
    }
    if (!has_queue_room(plan, size, now)) {
        ++counts.queue_full;
        return fate;
    }
    const bool is_repeated = happens(rng_, plan.repetition);
    fate.copies[fate.count++] = arrive(plan, ordered, now, counts);
    if (is_repeated) {
        ++counts.repeated;
        fate.copies[fate.count++] = arrive(plan, ordered, now, counts);
    }
    if (ordered.is_duplicated) {
        fate.copies[fate.count] = fate.copies[0];
        ++fate.count;
    }
    return fate;
}

void Lane::corrupt(MutableBytes frame) {
    SHUNT_ASSERT(frame.size() >= wire::kEthernetHeaderSize, "a segment carries Ethernet frames");
    const std::size_t room = frame.size() - wire::kEthernetHeaderSize;
    if (room == 0) return;
    const std::size_t at = wire::kEthernetHeaderSize + rng_.below(room);
    const auto flipped = static_cast<std::uint8_t>(1 + rng_.below(255));
    frame[at] = static_cast<std::uint8_t>(frame[at] ^ flipped);
}

bool Lane::keep(Packet frame) {
    if (kept_.size() == kKeptMax) return false;
    kept_.push_back(std::move(frame));
    return true;
}

std::vector<Packet> Lane::take_kept() {
    return std::exchange(kept_, {});
}

// The queue is the time until the link is idle again: nothing needs to be stored for it.
bool Lane::has_queue_room(const FaultPlan& plan, std::size_t size, Instant now) {
    if (plan.rate == 0) {
        busy_until_ = now;
        return true;
    }
    const Instant begin = std::max(busy_until_, now);
    const bool is_full = begin - now > time_to_send(plan.queue_max, plan.rate);
    if (is_full) return false;
    busy_until_ = begin + time_to_send(size, plan.rate);
    return true;
}

Lane::Copy Lane::arrive(const FaultPlan& plan, const OrderedFate& ordered, Instant now,
                        FaultCounts& counts) {
    Copy copy;
    copy.is_corrupted = happens(rng_, plan.corruption) || ordered.is_corrupted;
    if (copy.is_corrupted) ++counts.corrupted;
    copy.is_marked = happens(rng_, plan.marking);
    const Instant sent = std::max(now, busy_until_);
    const Instant in_order = std::max(sent + plan.delay + up_to(plan.jitter_max), latest_in_order_);
    if (ordered.delay > Duration{}) {
        copy.arrival = in_order + ordered.delay;
    } else if (happens(rng_, plan.reordering)) {
        ++counts.reordered;
        copy.arrival = in_order + up_to(plan.reordering_delay_max);
    } else {
        latest_in_order_ = in_order;
        copy.arrival = in_order;
    }
    return copy;
}

Duration Lane::up_to(Duration limit) {
    SHUNT_ASSERT(limit >= Duration{}, "a delay is not negative");
    if (limit == Duration{}) return limit;
    const auto bound = static_cast<std::uint64_t>(limit.to_nanoseconds()) + 1;
    return Duration::nanoseconds(static_cast<std::int64_t>(rng_.below(bound)));
}

}  // namespace shunt::sim
