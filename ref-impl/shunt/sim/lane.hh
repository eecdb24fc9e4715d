// SPDX-License-Identifier: Apache-2.0
// One direction between two hosts of a segment: decides when a frame arrives, if it does, and how
// often. Every lane has a generator of its own, so that traffic elsewhere does not shift its draws.
#pragma once

#include <array>
#include <cstddef>

#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/fault_plan.hh"

namespace shunt::sim {

class Lane {
  public:
    /// The arrival times of one frame's copies.
    struct Fate {
        static constexpr std::size_t kCopiesMax = 2;
        std::array<Instant, kCopiesMax> arrivals{};
        std::size_t copies = 0;
    };

    explicit Lane(Rng rng) : rng_(rng) {}

    /// What becomes of a frame sent at `now`; what the faults did is added to `counts`.
    Fate pass(const FaultPlan& plan, Instant now, FaultCounts& counts);

  private:
    Instant arrival(const FaultPlan& plan, Instant now, FaultCounts& counts);
    Duration up_to(Duration limit);

    Rng rng_;
    Instant latest_in_order_{};
};

}  // namespace shunt::sim
