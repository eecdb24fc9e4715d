// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/fine_state.hh"

#include <algorithm>

#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

constexpr Duration kUnit = Duration::microseconds(1);

/// Rounded up to what the wire can say, so that a timer that is armed does not become one that is
/// off.
std::optional<Duration> remaining(std::optional<Instant> deadline, Instant now) {
    if (!deadline) return std::nullopt;
    const Duration rounded_up = *deadline - now + kUnit - Duration::nanoseconds(1);
    return std::max(Duration::microseconds(rounded_up.to_microseconds()), kUnit);
}

}  // namespace

FineState Connection::fine_state(Instant now) const {
    return {
        .smoothed_rtt = rtt_.smoothed(),
        .rtt_variation = rtt_.variation(),
        .minimum_rtt = rtt_.minimum(),
        .retransmission_timeout = rtt_.timeout(),
        .retransmit = remaining(timers_.deadline(Timer::Retransmit), now),
        .persist = remaining(timers_.deadline(Timer::Persist), now),
        .keep_alive = remaining(timers_.deadline(Timer::KeepAlive), now),
        .delayed_acknowledgment = remaining(timers_.deadline(Timer::DelayedAcknowledgment), now),
        .congestion = congestion_.state(now)};
}

/// Which timers are on, the control block and the queues have said; this says how long exactly.
void Connection::restore_fine_state(const FineState& fine, Instant now) {
    rtt_.restore(fine.smoothed_rtt, fine.rtt_variation, fine.minimum_rtt,
                 fine.retransmission_timeout);
    congestion_.restore_state(fine.congestion, now);
    const auto sharpen = [this, now](Timer timer, bool is_on, std::optional<Duration> left) {
        if (is_on && left) timers_.arm(timer, now + *left);
    };
    sharpen(Timer::Retransmit, timers_.is_armed(Timer::Retransmit), fine.retransmit);
    sharpen(Timer::DelayedAcknowledgment, timers_.is_armed(Timer::DelayedAcknowledgment),
            fine.delayed_acknowledgment);
    sharpen(Timer::KeepAlive, timers_.is_armed(Timer::KeepAlive), fine.keep_alive);
    const bool is_persisting = send_buffer_.octets() > 0 && send_.flight_size() == 0;
    sharpen(Timer::Persist, is_persisting, fine.persist);
}

}  // namespace shunt::tcp
