// SPDX-License-Identifier: Apache-2.0
// The congestion window of a connection: slow start and what every algorithm shares (RFC 5681),
// with one of them for congestion avoidance. When a loss is detected, and what may be sent while it
// is repaired, is the connection's to say.
#pragma once

#include <cstdint>
#include <variant>

#include "shunt/tcp/congestion/cubic.hh"
#include "shunt/tcp/congestion/growth.hh"
#include "shunt/tcp/congestion/new_reno.hh"
#include "shunt/tcp/congestion/state.hh"

namespace shunt::tcp::congestion {

class Control {
  public:
    /// Slow start has no limit before the first loss.
    static constexpr std::uint32_t kThresholdUnlimited = 1U << 30;

    Control(Algorithm algorithm, std::uint32_t initial_window);

    /// cwnd and ssthresh, bytes.
    std::uint32_t window() const { return window_; }
    std::uint32_t threshold() const { return threshold_; }
    bool is_in_slow_start() const { return window_ < threshold_; }

    /// Something new is acknowledged outside of fast recovery.
    void on_acknowledged(const Acknowledged& acknowledged);
    /// Something was lost, or marked (RFC 5681 3.2, RFC 3168 6.1.2): once per round trip.
    void on_congestion(std::uint32_t flight_size, std::uint32_t segment_size);
    /// RFC 5681 3.1: `is_first` unless this segment was retransmitted by the timer before.
    void on_timeout(std::uint32_t flight_size, std::uint32_t segment_size, bool is_first);
    /// While a loss is repaired rate reduction says what it is (RFC 6937).
    void set_window(std::uint64_t bytes);
    /// RFC 5681 4.1: nothing was sent for `idle`, longer than a retransmission timeout.
    void restart_after_idle(std::uint32_t initial_window, Duration idle);
    /// From a control block.
    void restore(std::uint32_t window, std::uint32_t threshold);

    /// What the algorithm remembers; it moves with the connection (queue 5).
    State state(Instant now) const;
    /// Without effect if it is another algorithm's: ours starts from window and threshold.
    void restore_state(const State& state, Instant now);

  private:
    std::uint32_t window_;
    std::uint32_t threshold_ = kThresholdUnlimited;
    std::variant<Cubic, NewReno> algorithm_;
};

}  // namespace shunt::tcp::congestion
