// SPDX-License-Identifier: Apache-2.0
// What congestion control hears of an acknowledgment.
#pragma once

#include <cstdint>

#include "shunt/base/time.hh"

namespace shunt::tcp::congestion {

struct Acknowledged {
    /// New bytes.
    std::uint32_t count = 0;
    /// SMSS.
    std::uint32_t segment_size = 0;
    /// The window was what limited the sender: else it says nothing of the path (RFC 7661 3).
    bool was_limiting = true;
    /// L of RFC 3465 2.2: what one acknowledgment may add in slow start, in segments, so that
    /// divided ones gain nothing.
    std::uint32_t segments_max = 2;
    Instant now{};
    /// SRTT.
    Duration round_trip{};
};

}  // namespace shunt::tcp::congestion
