// SPDX-License-Identifier: Apache-2.0
// CUBIC's congestion avoidance (RFC 9438), in integers: windows in bytes, time in milliseconds.
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/time.hh"
#include "shunt/tcp/congestion/growth.hh"
#include "shunt/tcp/congestion/state.hh"

namespace shunt::tcp::congestion {

class Cubic {
  public:
    /// 4.2 to 4.5: by how many bytes the window grows in congestion avoidance.
    std::uint32_t grow(const Acknowledged& acknowledged, std::uint32_t window);
    /// 4.6, 4.7: what ssthresh becomes at a loss with `flight_size` bytes out.
    std::uint32_t reduce(std::uint32_t window, std::uint32_t flight_size,
                         std::uint32_t segment_size);
    /// 4.8: the stage that follows begins at its own window.
    std::uint32_t reduce_at_timeout(std::uint32_t window, std::uint32_t flight_size,
                                    std::uint32_t segment_size);
    /// 4.2: time in which nothing is sent does not count.
    void pause(Duration span);

    CubicState state(Instant now) const;
    void restore(const CubicState& state, Instant now);

    /// W_cubic(t) in bytes, `since_epoch` into a stage with these W_max and K.
    static std::uint64_t window_at(Duration since_epoch, std::uint32_t window_max,
                                   Duration time_to_window_max, std::uint32_t segment_size);
    /// K: how long W_cubic takes from `window` to `window_max`.
    static Duration time_to(std::uint32_t window_max, std::uint32_t window,
                            std::uint32_t segment_size);

  private:
    void begin_epoch(const Acknowledged& acknowledged, std::uint32_t window);
    void grow_estimate(const Acknowledged& acknowledged, std::uint32_t window);

    std::uint32_t window_max_ = 0;       // W_max
    std::uint32_t window_at_epoch_ = 0;  // cwnd_epoch
    std::uint32_t reno_estimate_ = 0;    // W_est
    std::uint32_t time_to_max_ms_ = 0;   // K
    std::optional<Instant> epoch_at_;    // t_epoch
    Instant last_at_;
    // What divisions have left over: windows grow by less than a byte per acknowledgment.
    std::uint64_t estimate_remainder_ = 0;
    std::uint32_t window_remainder_ = 0;
};

}  // namespace shunt::tcp::congestion
