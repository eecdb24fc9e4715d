// SPDX-License-Identifier: Apache-2.0
// SEGMENT ARRIVES, the fifth step of RFC 9293 3.10.7.4: the ACK field; round trips (RFC 6298),
// congestion and recovery (RFC 5681, RFC 6582).
#include <algorithm>
#include <limits>

#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

constexpr std::uint16_t kDuplicatesForLoss = 3;  // RFC 5681 3.2
// L of RFC 3465 2.2 and 2.3: two segments, after a timeout one.
constexpr std::uint32_t kSlowStartSegments = 2;
constexpr std::uint32_t kSlowStartSegmentsAfterTimeout = 1;
constexpr std::uint32_t kEchoAgeMaxMs = 120'000;  // MSL of RFC 9293 3.4.1

}  // namespace

Outcome Connection::check_acknowledgment(const ArrivingSegment& segment, Instant now) {
    if (!segment.flags.acknowledgment) return Outcome::drop(Counter::DropTcpAcknowledgment);
    const SequenceNumber acknowledgment = segment.acknowledgment;
    if (state_ == State::SynReceived) {
        if (acknowledgment != send_.initial + 1) {
            reset_reply_ = acknowledgment;
            return Outcome::drop(Counter::DropTcpAcknowledgment);
        }
        establish(segment, now);
        send_.window = std::uint32_t{segment.window} << negotiated_.send_scale;
        send_.window_max = std::max(send_.window_max, send_.window);
    }
    // RFC 5961 5.2.
    if (acknowledgment.after(send_.maximum) ||
        acknowledgment.before(send_.unacknowledged - send_.window_max)) {
        return challenge(Counter::DropTcpAcknowledgment, now);
    }
    if (acknowledgment.after(send_.unacknowledged)) {
        acknowledge(segment, now);
    } else if (acknowledgment == send_.unacknowledged) {
        count_duplicate(segment);
    }
    update_send_window(segment);
    advance_close(now);
    return state_ == State::Closed ? Outcome::stop() : Outcome::go_on();
}

/// SND.UNA < SEG.ACK =< SND.MAX.
void Connection::acknowledge(const ArrivingSegment& segment, Instant now) {
    const std::uint32_t count = segment.acknowledgment - send_.unacknowledged;
    const std::uint32_t flight_before = send_.flight_size();
    measure_round_trip(segment, now);
    send_buffer_.acknowledge(count);
    send_.unacknowledged = segment.acknowledgment;
    if (send_.next.before(send_.unacknowledged)) send_.next = send_.unacknowledged;
    const bool was_partial_seen = is_partial_seen_;
    update_recovery(count, flight_before);
    retransmissions_ = 0;
    progress_at_ = now;
    if (send_.unacknowledged == send_.maximum) {
        timers_.disarm(Timer::Retransmit);  // RFC 6298 5.2
    } else if (timers_.is_armed(Timer::Retransmit) &&
               (recovery_ != Recovery::Fast || !was_partial_seen)) {
        // RFC 6298 5.3; in fast recovery the first partial acknowledgment alone (RFC 6582 3.2).
        timers_.arm(Timer::Retransmit, now + rtt_.timeout());
    }
    if (is_send_blocked_ && send_buffer_.free() > 0 && !send_buffer_.is_finished()) {
        is_send_blocked_ = false;
        report(Event::Writable);
    }
}

/// A segment timed by our own clock is exact; a timestamp resolves 1 ms, but also where the
/// segment was sent twice (RFC 6298 3, RFC 7323 4.1).
void Connection::measure_round_trip(const ArrivingSegment& segment, Instant now) {
    if (is_timing_) {
        if (segment.acknowledgment.before(timed_end_)) return;
        is_timing_ = false;
        rtt_.sample(now - timed_at_);
        return;
    }
    if (!negotiated_.has_timestamps() || !segment.options.timestamps) return;
    const SequenceNumber value(clock_.value(now));
    const SequenceNumber echo(segment.options.timestamps->echo);
    const std::uint32_t age_ms = value - echo;
    // What is not ours, or older than any segment lives, says nothing.
    if (age_ms > kEchoAgeMaxMs) return;
    rtt_.sample(Duration::milliseconds(age_ms));
}

void Connection::update_recovery(std::uint32_t acknowledged, std::uint32_t flight_before) {
    const bool is_recovered = !recover_ || send_.unacknowledged.at_or_after(*recover_);
    // The window limits if the flight was within a segment of it, in slow start within a half.
    const bool is_limiting = congestion_.is_in_slow_start()
                                 ? flight_before >= congestion_.window() / 2
                                 : flight_before + segment_size() > congestion_.window();
    switch (recovery_) {
        case Recovery::None:
            congestion_.on_acknowledged(acknowledged, segment_size(), is_limiting,
                                        kSlowStartSegments);
            break;
        case Recovery::Timeout:
            congestion_.on_acknowledged(acknowledged, segment_size(), true,
                                        kSlowStartSegmentsAfterTimeout);
            if (is_recovered) recovery_ = Recovery::None;
            break;
        case Recovery::Fast:
            if (is_recovered) {
                congestion_.leave_fast_recovery(send_.flight_size(), segment_size());
                recovery_ = Recovery::None;
            } else {
                congestion_.on_partial_acknowledgment(acknowledged, segment_size());
                is_partial_seen_ = true;
                is_front_due_ = true;
            }
            break;
    }
    if (recovery_ != Recovery::Fast) duplicates_ = 0;
    // Kept one octet longer: duplicates of the episode's own retransmissions start no new one.
    const bool is_past = recover_ && send_.unacknowledged.after(*recover_);
    if (recovery_ == Recovery::None && is_past) recover_.reset();
}

/// SEG.ACK = SND.UNA. RFC 5681 2 says which acknowledgments are duplicates.
void Connection::count_duplicate(const ArrivingSegment& segment) {
    const std::uint32_t window = std::uint32_t{segment.window} << negotiated_.send_scale;
    const bool is_duplicate =
        send_.flight_size() > 0 && segment.arrived_length == 0 && window == send_.window;
    if (!is_duplicate) return;
    if (duplicates_ < std::numeric_limits<std::uint16_t>::max()) ++duplicates_;
    if (recovery_ == Recovery::Fast) {
        congestion_.on_duplicate_in_recovery(segment_size());
    } else if (duplicates_ == kDuplicatesForLoss && recovery_ == Recovery::None && !recover_) {
        enter_fast_recovery();
    }
}

void Connection::enter_fast_recovery() {
    recovery_ = Recovery::Fast;
    recover_ = send_.maximum;
    is_partial_seen_ = false;
    is_front_due_ = true;
    congestion_.enter_fast_recovery(send_.flight_size(), segment_size());
}

void Connection::update_send_window(const ArrivingSegment& segment) {
    if (segment.acknowledgment.before(send_.unacknowledged)) return;
    const bool is_newer = send_.window_update_sequence.before(segment.sequence) ||
                          (send_.window_update_sequence == segment.sequence &&
                           send_.window_update_acknowledgment.at_or_before(segment.acknowledgment));
    if (!is_newer) return;
    send_.window = std::uint32_t{segment.window} << negotiated_.send_scale;
    send_.window_max = std::max(send_.window_max, send_.window);
    send_.window_update_sequence = segment.sequence;
    send_.window_update_acknowledgment = segment.acknowledgment;
}

/// What the acknowledgment of our FIN does.
void Connection::advance_close(Instant now) {
    if (!send_buffer_.is_fin_acknowledged()) return;
    switch (state_) {
        case State::FinWait1:
            set_state(State::FinWait2);
            timers_.arm(Timer::Linger, now + config_->fin_wait_2_timeout);
            break;
        case State::Closing:
            enter_time_wait(now);
            break;
        case State::LastAck:
            finish(Event::Closed);
            break;
        case State::Closed:
        case State::SynSent:
        case State::SynReceived:
        case State::Established:
        case State::FinWait2:
        case State::CloseWait:
        case State::TimeWait:
            break;
    }
}

}  // namespace shunt::tcp
