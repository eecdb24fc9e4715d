// SPDX-License-Identifier: Apache-2.0
// Round-trip time and retransmission timeout (RFC 6298), in integers.
#pragma once

#include <cstdint>

#include "shunt/base/time.hh"

namespace shunt::tcp {

/// Keeps time in fractions of microseconds, but derives the timeout from what the control block
/// carries (eighths and fourths of a millisecond), so that a moved connection has the same one.
class RttEstimator {
  public:
    struct Limits {
        Duration initial = Duration::seconds(1);
        Duration min = Duration::milliseconds(200);
        Duration max = Duration::seconds(60);
    };
    /// As in the control block; all zero: nothing measured.
    struct Snapshot {
        std::uint16_t smoothed_eighth_ms = 0;
        std::uint16_t variation_fourth_ms = 0;
        std::uint16_t min_ms = 0;
        /// With backoff, saturating.
        std::uint16_t timeout_ms = 0;
    };

    explicit RttEstimator(const Limits& limits)
        : min_timeout_ms_(to_ms(limits.min)),
          max_timeout_ms_(to_ms(limits.max)),
          initial_timeout_ms_(to_ms(limits.initial)) {}

    /// A measured round trip (RFC 6298 2.2, 2.3); ends the backoff.
    void sample(Duration round_trip);
    /// A round trip that is too many for sample(): it may be the shortest all the same.
    void note_minimum(Duration round_trip);
    /// The timer has expired: the timeout doubles (5.5).
    void back_off();
    void end_backoff() { backoff_ = 0; }
    /// 5.7: the handshake timed out and nothing was measured.
    void be_careful_after_handshake();

    /// RTO, backoff included.
    Duration timeout() const { return Duration::milliseconds(timeout_ms()); }
    bool has_sample() const { return smoothed_eighth_us_ != 0; }
    /// Zero before the first sample. Rounded up, so that what is restored from them rounds to the
    /// same fields of a control block (TCB-3).
    Duration smoothed() const { return Duration::microseconds((smoothed_eighth_us_ + 7) / 8); }
    Duration variation() const { return Duration::microseconds((variation_fourth_us_ + 3) / 4); }
    Duration minimum() const { return Duration::microseconds(min_us_); }

    Snapshot snapshot() const;
    void restore(const Snapshot& snapshot);
    /// As smoothed(), variation(), minimum() and timeout() were, in microseconds.
    void restore(Duration smoothed, Duration variation, Duration minimum, Duration timeout);

  private:
    static std::uint32_t to_ms(Duration span) {
        return static_cast<std::uint32_t>(span.to_milliseconds());
    }
    std::uint32_t base_timeout_ms() const;
    std::uint32_t timeout_ms() const;

    std::uint32_t smoothed_eighth_us_ = 0;   // SRTT * 8
    std::uint32_t variation_fourth_us_ = 0;  // RTTVAR * 4
    std::uint32_t min_us_ = 0;
    std::uint32_t min_timeout_ms_;
    std::uint32_t max_timeout_ms_;
    std::uint32_t initial_timeout_ms_;
    std::uint8_t backoff_ = 0;
};

}  // namespace shunt::tcp
