// SPDX-License-Identifier: Apache-2.0
// Pauses between attempts to open a control channel: exponential, with jitter, from 100 ms to 5 s,
// and short ones as long as it matters most that one succeeds (CTL-2).
#pragma once

#include <algorithm>
#include <cstdint>

#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"

namespace shunt::farm {

class Backoff {
  public:
    static constexpr Duration kPauseMin = Duration::milliseconds(100);
    static constexpr Duration kPauseMax = Duration::seconds(5);
    /// While the peer is about to be taken for dead (EP-33).
    static constexpr Duration kUrgentPauseMax = Duration::milliseconds(250);

    /// The pause before the next attempt: between half of the current span and all of it, so that
    /// two servers that lost each other at once do not meet for ever.
    Duration next(Rng& rng, bool is_urgent) {
        const Duration longest = is_urgent ? kUrgentPauseMax : kPauseMax;
        const Duration half = std::min(span_, longest) / 2;
        span_ = std::min(span_ * 2, longest);
        const auto room = static_cast<std::uint64_t>(half.to_nanoseconds());
        const std::uint64_t drawn = rng.below(room + 1);
        return half + Duration::nanoseconds(static_cast<std::int64_t>(drawn));
    }
    /// A channel worked: the next loss begins with short pauses.
    void reset() { span_ = kFirstSpan; }

  private:
    static constexpr Duration kFirstSpan = kPauseMin * 2;
    Duration span_ = kFirstSpan;
};

}  // namespace shunt::farm
