// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/lane.hh"

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::sim {

Lane::Fate Lane::pass(const FaultPlan& plan, Instant now, FaultCounts& counts) {
    Fate fate;
    if (rng_.chance(plan.loss)) {
        ++counts.lost;
        return fate;
    }
    const bool is_repeated = rng_.chance(plan.repetition);
    fate.arrivals[fate.copies++] = arrival(plan, now, counts);
    if (is_repeated) {
        ++counts.repeated;
        fate.arrivals[fate.copies++] = arrival(plan, now, counts);
    }
    return fate;
}

Instant Lane::arrival(const FaultPlan& plan, Instant now, FaultCounts& counts) {
    const Duration jitter = up_to(plan.jitter_max);
    const Instant in_order = std::max(now + plan.delay + jitter, latest_in_order_);
    if (!rng_.chance(plan.reordering)) {
        latest_in_order_ = in_order;
        return in_order;
    }
    ++counts.reordered;
    return in_order + up_to(plan.reordering_delay_max);
}

Duration Lane::up_to(Duration limit) {
    SHUNT_ASSERT(limit >= Duration{}, "a delay is not negative");
    const auto bound = static_cast<std::uint64_t>(limit.to_nanoseconds()) + 1;
    return Duration::nanoseconds(static_cast<std::int64_t>(rng_.below(bound)));
}

}  // namespace shunt::sim
