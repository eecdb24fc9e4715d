// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/rate_reduction.hh"

#include <algorithm>

namespace shunt::tcp {

std::uint32_t RateReduction::allowance(std::uint32_t delivered, std::uint32_t in_flight,
                                       std::uint32_t threshold, std::uint32_t segment_size,
                                       bool is_progress_safe) {
    delivered_ += delivered;
    std::uint64_t wanted = 0;
    if (in_flight > threshold && flight_at_start_ > 0) {
        wanted = (delivered_ * threshold + flight_at_start_ - 1) / flight_at_start_;
        wanted -= std::min(wanted, sent_);
    } else {
        // Packet conservation, and slow start (SSRB) where that is safe.
        const std::uint64_t conserved = delivered_ - std::min(delivered_, sent_);
        const std::uint64_t limit =
            is_progress_safe ? std::max<std::uint64_t>(conserved, delivered) + segment_size
                             : conserved;
        const std::uint64_t missing = threshold - std::min(threshold, in_flight);
        wanted = std::min(missing, limit);
    }
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, threshold));
}

}  // namespace shunt::tcp
