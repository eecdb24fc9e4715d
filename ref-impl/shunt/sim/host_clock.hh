// SPDX-License-Identifier: Apache-2.0
// What a host takes for the time: it may run ahead of the world's, and jump forward; it never goes
// back.
#pragma once

#include <cstdint>

#include "shunt/base/time.hh"

namespace shunt::sim {

class HostClock {
  public:
    /// A million of the world's seconds are this much more on a clock that is ten per cent fast.
    static constexpr std::uint32_t kFastMax = 100'000;

    /// What the host reads at the world's `truth`.
    Instant read(Instant truth) const {
        return fast_ == 0 ? reading_base_ + (truth - truth_base_) : read_fast(truth);
    }
    /// The world's first instant at which the host reads `reading` or more; a reading that the
    /// clock jumped over comes when it jumped.
    Instant when(Instant reading) const;

    /// `forward` >= 0 is added to what it reads from the world's `now` on.
    void jump(Duration forward, Instant now);
    /// From `now` on it gains `parts_per_million`, at most kFastMax, on the world's time.
    void run_fast(std::uint32_t parts_per_million, Instant now);

  private:
    Instant read_fast(Instant truth) const;

    Instant truth_base_{};
    Instant reading_base_{};
    std::uint32_t fast_ = 0;
};

}  // namespace shunt::sim
