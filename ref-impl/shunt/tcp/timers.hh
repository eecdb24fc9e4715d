// SPDX-License-Identifier: Apache-2.0
// The deadlines of one connection by name. Nothing fires: the host asks which are due.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/time.hh"

namespace shunt::tcp {

enum class Timer : std::uint8_t {
    /// RFC 6298 5: armed while anything that was sent is not acknowledged.
    Retransmit,
    /// RFC 9293 3.8.6.1: armed while the peer's window keeps us from sending and nothing is out.
    Persist,
    /// RFC 8985 6.2 step 5 and 7.2: what is outstanding may turn out to be lost, or a probe of the
    /// tail is due.
    Loss,
    /// RFC 9293 3.8.6.3.
    DelayedAcknowledgment,
    /// RFC 9293 3.8.4.
    KeepAlive,
    /// TIME-WAIT's 2MSL, or the patience of FIN-WAIT-2.
    Linger,
};

inline constexpr std::size_t kTimerCount = 6;

class TimerTable {
  public:
    void arm(Timer timer, Instant deadline) {
        deadlines_[index(timer)] = deadline;
        armed_ = static_cast<std::uint8_t>(armed_ | bit(timer));
    }
    void disarm(Timer timer) { armed_ = static_cast<std::uint8_t>(armed_ & ~bit(timer)); }
    void disarm_all() { armed_ = 0; }
    bool is_armed(Timer timer) const { return (armed_ & bit(timer)) != 0; }
    std::optional<Instant> deadline(Timer timer) const {
        if (!is_armed(timer)) return std::nullopt;
        return deadlines_[index(timer)];
    }
    /// Disarms the timer if its time has come, and says so.
    bool expire(Timer timer, Instant now) {
        if (!is_armed(timer) || now < deadlines_[index(timer)]) return false;
        disarm(timer);
        return true;
    }
    std::optional<Instant> earliest() const {
        std::optional<Instant> first;
        for (std::size_t i = 0; i < kTimerCount; ++i) {
            const bool counts = (armed_ >> i & 1U) != 0;
            if (counts && (!first || deadlines_[i] < *first)) first = deadlines_[i];
        }
        return first;
    }

  private:
    static constexpr std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }
    static constexpr unsigned bit(Timer timer) { return 1U << index(timer); }

    std::array<Instant, kTimerCount> deadlines_{};
    std::uint8_t armed_ = 0;
};

}  // namespace shunt::tcp
