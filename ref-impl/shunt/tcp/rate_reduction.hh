// SPDX-License-Identifier: Apache-2.0
// Proportional rate reduction (RFC 6937): while a loss is repaired, what may be sent follows what
// is delivered, so that the window is neither emptied nor overrun on its way down.
#pragma once

#include <cstdint>

namespace shunt::tcp {

/// All in octets.
class RateReduction {
  public:
    /// A recovery begins with `flight` octets between SND.UNA and SND.NXT.
    void start(std::uint32_t flight) {
        flight_at_start_ = flight;
        delivered_ = sent_ = 0;
    }
    void on_sent(std::uint32_t count) { sent_ += count; }
    /// An acknowledgment says that `delivered` octets more have left the network, in which
    /// `in_flight` are left. Returns how many may be sent now on the way to `threshold`. SND.UNA
    /// that moves without more being lost is a sign that the path takes more
    /// (`is_progress_safe`).
    std::uint32_t allowance(std::uint32_t delivered, std::uint32_t in_flight,
                            std::uint32_t threshold, std::uint32_t segment_size,
                            bool is_progress_safe);

  private:
    std::uint64_t flight_at_start_ = 0;  // RecoverFS
    std::uint64_t delivered_ = 0;        // prr_delivered
    std::uint64_t sent_ = 0;             // prr_out
};

}  // namespace shunt::tcp
