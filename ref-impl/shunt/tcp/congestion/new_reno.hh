// SPDX-License-Identifier: Apache-2.0
// NewReno's congestion avoidance (RFC 5681 3.1): a segment per round trip, and half at a loss.
#pragma once

#include <cstdint>

#include "shunt/tcp/congestion/growth.hh"

namespace shunt::tcp::congestion {

class NewReno {
  public:
    /// By how many bytes the window grows in congestion avoidance.
    std::uint32_t grow(const Acknowledged& acknowledged, std::uint32_t window);
    /// What ssthresh becomes at a loss with `flight_size` bytes out.
    std::uint32_t reduce(std::uint32_t window, std::uint32_t flight_size,
                         std::uint32_t segment_size);
    std::uint32_t reduce_at_timeout(std::uint32_t window, std::uint32_t flight_size,
                                    std::uint32_t segment_size) {
        return reduce(window, flight_size, segment_size);
    }
    /// Nothing was sent for so long.
    void pause(Duration) {}

  private:
    // Bytes acknowledged since the window last grew (RFC 3465 2.1).
    std::uint32_t counted_ = 0;
};

}  // namespace shunt::tcp::congestion
