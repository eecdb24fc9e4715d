// SPDX-License-Identifier: Apache-2.0
// NewReno's window (RFC 5681) in bytes: slow start, congestion avoidance, reduction. When a loss
// is detected, and what may be sent while it is repaired, is the connection's to say.
#pragma once

#include <cstdint>

namespace shunt::tcp::congestion {

class NewReno {
  public:
    /// Slow start has no limit before the first loss.
    static constexpr std::uint32_t kThresholdUnlimited = 1U << 30;

    explicit NewReno(std::uint32_t initial_window) : window_(initial_window) {}

    /// cwnd and ssthresh, bytes.
    std::uint32_t window() const { return window_; }
    std::uint32_t threshold() const { return threshold_; }
    bool is_in_slow_start() const { return window_ < threshold_; }

    /// `count` new bytes are acknowledged outside of fast recovery. The window grows only if it
    /// was what limited the sender (RFC 7661 3). `segments_max` bounds slow start's growth per
    /// acknowledgment (L of RFC 3465 2.2), so that divided ones gain nothing.
    void on_acknowledged(std::uint32_t count, std::uint32_t segment_size, bool was_limiting,
                         std::uint32_t segments_max);
    /// Something was lost, or marked (RFC 5681 3.2, RFC 3168 6.1.2): once per round trip.
    void on_congestion(std::uint32_t flight_size, std::uint32_t segment_size);
    /// RFC 5681 3.1: `is_first` unless this segment was retransmitted by the timer before.
    void on_timeout(std::uint32_t flight_size, std::uint32_t segment_size, bool is_first);
    /// While a loss is repaired rate reduction says what it is (RFC 6937).
    void set_window(std::uint64_t bytes);
    /// RFC 5681 4.1: nothing was sent for longer than a retransmission timeout.
    void restart_after_idle(std::uint32_t initial_window);
    /// From a control block.
    void restore(std::uint32_t window, std::uint32_t threshold);

  private:
    std::uint32_t window_;
    std::uint32_t threshold_ = kThresholdUnlimited;
    // Bytes acknowledged since the window last grew in congestion avoidance (RFC 3465 2.1).
    std::uint32_t counted_ = 0;
};

}  // namespace shunt::tcp::congestion
