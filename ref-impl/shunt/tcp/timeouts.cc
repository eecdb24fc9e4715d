// SPDX-License-Identifier: Apache-2.0
// What happens when a deadline comes (RFC 9293 3.10.8).
#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

// RFC 9293 3.8.6.1: probes go on for ever, but not more seldom than this.
constexpr Duration kPersistMax = Duration::seconds(60);
constexpr unsigned kPersistShiftMax = 9;  // 200 ms doubled so often exceeds the maximum

/// A defect: what nobody will ever acknowledge is sent again for ever.
bool is_patient_in(State state) {
    return (state == State::FinWait1 && is_mutant(Mutant::WaitsInFinWait1)) ||
           (state == State::Closing && is_mutant(Mutant::WaitsInClosing)) ||
           (state == State::LastAck && is_mutant(Mutant::WaitsInLastAck));
}

}  // namespace

void Connection::handle_deadline(Instant now) {
    if (timers_.expire(Timer::DelayedAcknowledgment, now)) is_acknowledgment_due_ = true;
    const bool is_waiting = state_ == State::FinWait2 && is_mutant(Mutant::LingersForEver);
    if (timers_.expire(Timer::Linger, now) && !is_waiting) {
        finish(state_ == State::TimeWait ? Event::Closed : Event::TimedOut);
        return;
    }
    if (timers_.expire(Timer::KeepAlive, now)) handle_keep_alive_timeout(now);
    if (timers_.expire(Timer::Persist, now)) handle_persist_timeout(now);
    // The probe comes first: it puts the retransmission off (RFC 8985 7.3).
    if (timers_.expire(Timer::Loss, now)) handle_loss_timeout(now);
    if (timers_.expire(Timer::Retransmit, now)) handle_retransmission_timeout(now);
}

/// RFC 6298 5.1. The backoff does not put the user timeout off (RFC 9293 3.9.1).
void Connection::arm_retransmission(Instant now) {
    const Instant next = now + rtt_.timeout();
    const Instant given_up_at = progress_at_ + config_->user_timeout;
    const bool is_bounded = is_synchronized(state_) && !is_patient_in(state_);
    timers_.arm(Timer::Retransmit, is_bounded ? std::min(next, given_up_at) : next);
}

/// RFC 6298 5.4 to 5.6.
void Connection::handle_retransmission_timeout(Instant now) {
    if (has_given_up(now)) {
        finish(Event::TimedOut);
        return;
    }
    const bool is_first = retransmissions_ == 0;
    ++retransmissions_;
    if (retransmissions_ == config_->retransmissions_until_report) report(Event::Unanswered);
    rtt_.back_off();
    arm_retransmission(now);
    if (!is_synchronized(state_)) {
        is_syn_due_ = !is_mutant(Mutant::NeverRepeatsSynAck);
        return;
    }
    if (is_mutant(Mutant::NeverRepeatsText)) return;
    recover_from_timeout(is_first, now);
}

/// RFC 9293 3.8.6.1 if the window is closed, else 3.8.6.2.1: what fits goes, however little.
void Connection::handle_persist_timeout(Instant now) {
    // A peer that answers probes may keep its window closed for ever (MUST-37), but not that of a
    // connection that nobody reads or writes any more (TCP-11); a silent peer is gone.
    const bool is_abandoned = state_ == State::LastAck || state_ == State::Closing;
    const Instant since = is_abandoned ? progress_at_ : std::max(last_received_at_, progress_at_);
    if (now - since >= config_->user_timeout) {
        finish(Event::TimedOut);
        return;
    }
    retransmissions_ = static_cast<std::uint8_t>(std::min<unsigned>(retransmissions_ + 1U, 255U));
    if (send_.window > 0) {
        is_silly_window_overridden_ = true;
    } else {
        is_probe_due_ = !is_mutant(Mutant::NeverProbes);
    }
}

Duration Connection::persist_interval() const {
    const unsigned shift = std::min<unsigned>(retransmissions_, kPersistShiftMax);
    return std::min(rtt_.timeout() * (std::int64_t{1} << shift), kPersistMax);
}

bool Connection::has_given_up(Instant now) const {
    if (is_patient_in(state_)) return false;
    switch (state_) {
        case State::SynSent:
            return retransmissions_ >= config_->syn_retransmissions_max;
        case State::SynReceived:
            return retransmissions_ >= (is_passive_ ? config_->syn_ack_retransmissions_max
                                                    : config_->syn_retransmissions_max);
        case State::Closed:
        case State::Established:
        case State::FinWait1:
        case State::FinWait2:
        case State::CloseWait:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            return retransmissions_ >= config_->retransmissions_max ||
                   now - progress_at_ >= config_->user_timeout;
    }
    return true;
}

}  // namespace shunt::tcp
