// SPDX-License-Identifier: Apache-2.0
// SEGMENT ARRIVES, the fifth step of RFC 9293 3.10.7.4: the ACK field, the send
// window. What an acknowledgment says of losses is loss_recovery.cc.
#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {

Outcome Connection::check_acknowledgment(const ArrivingSegment& segment, Instant now) {
    if (!segment.flags.acknowledgment && is_mutant(Mutant::TakesTextWithoutAck)) {
        return Outcome::go_on();
    }
    if (!segment.flags.acknowledgment) return Outcome::drop(Counter::DropTcpAcknowledgment);
    const SequenceNumber acknowledgment = segment.acknowledgment;
    if (state_ == State::SynReceived) {
        if (acknowledgment != send_.initial + 1) {
            if (!is_mutant(Mutant::SilentAtWrongAcknowledgment)) reset_reply_ = acknowledgment;
            return Outcome::drop(Counter::DropTcpAcknowledgment);
        }
        establish(segment, now);
        send_.window = segment.offered_window(negotiated_.send_scale);
        send_.window_max = std::max(send_.window_max, send_.window);
    }
    if (acknowledgment.after(send_.maximum) && is_mutant(Mutant::TakesUnsentAcknowledgment)) {
        return Outcome::go_on();
    }
    // RFC 5961 5.2.
    if (acknowledgment.after(send_.maximum) ||
        acknowledgment.before(send_.unacknowledged - send_.window_max)) {
        return challenge(Counter::DropTcpAcknowledgment, now);
    }
    // A D-SACK comes when all is acknowledged already.
    const bool is_of_interest = send_.unacknowledged != send_.maximum ||
                                (flight_ && !segment.options.sack_blocks().empty());
    if (is_of_interest && acknowledgment.at_or_after(send_.unacknowledged)) {
        acknowledge(segment, now);
    }
    update_send_window(segment);
    advance_close(now);
    return state_ == State::Closed ? Outcome::stop() : Outcome::go_on();
}

/// SND.UNA =< SEG.ACK =< SND.MAX.
void Connection::acknowledge(const ArrivingSegment& segment, Instant now) {
    Delivery delivery;
    hear_sack(segment);
    if (flight_) {
        const Evidence evidence{.now = now, .clock = clock_, .echo = echo_of(segment)};
        delivery = flight_->deliver({.acknowledgment = segment.acknowledgment,
                                     .blocks = segment.options.sack_blocks(),
                                     .maximum = send_.maximum,
                                     .evidence = evidence,
                                     .has_timed_out = retransmissions_ > 0},
                                    negotiated_.sack_permitted, rtt_);
    }
    delivery.acknowledged = segment.acknowledgment - send_.unacknowledged;
    if (delivery.acknowledged > 0) {
        // The peer answers the repetition: the path is as fast as ever, its acknowledgments were
        // lost (RFC 2883 5.3; RFC 8961 4 (4)). Where round trips are longer than the timeout, what
        // comes first is an answer to the first copy, and says no such thing.
        const bool is_front_answered = flight_ && flight_->duplicate && delivery.is_front_repeated;
        if (is_front_answered && flight_->duplicate->left == send_.unacknowledged) {
            rtt_.end_backoff();
        }
        advance_unacknowledged(delivery.acknowledged, now);
    }
    if (!flight_) return;
    count_duplicate(segment, delivery);
    if (flight_->settle_probe(segment.acknowledgment, delivery,
                              !segment.options.sack_blocks().empty())) {
        reduce_window();
    }
    undo_spurious_recovery(segment, delivery, now);
    hear_ecn_echo(segment);
    if (is_sack_heard_) delivery.shows_loss = detect_losses(now);
    update_recovery(delivery, now);
    if (delivery.delivered > 0) schedule_probe(now);
}

void Connection::advance_unacknowledged(std::uint32_t count, Instant now) {
    send_buffer_.acknowledge(count);
    send_.unacknowledged = send_.unacknowledged + count;
    if (send_.next.before(send_.unacknowledged)) send_.next = send_.unacknowledged;
    if (send_.urgent.before(send_.unacknowledged)) send_.urgent = send_.unacknowledged;
    retransmissions_ = 0;
    progress_at_ = now;
    if (send_.unacknowledged == send_.maximum) {
        timers_.disarm(Timer::Retransmit);  // RFC 6298 5.2
    } else if (timers_.is_armed(Timer::Retransmit) && !is_partial_seen_) {
        arm_retransmission(now);  // 5.3
    }
    if (is_send_blocked_ && send_capacity() > 0 && !send_buffer_.is_finished()) {
        is_send_blocked_ = false;
        report(Event::Writable);
    }
}

std::optional<std::uint32_t> Connection::echo_of(const ArrivingSegment& segment) const {
    if (!negotiated_.has_timestamps() || !segment.options.timestamps) return std::nullopt;
    return segment.options.timestamps->echo;
}

void Connection::update_send_window(const ArrivingSegment& segment) {
    if (segment.acknowledgment.before(send_.unacknowledged)) return;
    const bool is_newer = send_.window_update_sequence.before(segment.sequence) ||
                          (send_.window_update_sequence == segment.sequence &&
                           send_.window_update_acknowledgment.at_or_before(segment.acknowledgment));
    if (!is_newer) return;
    const SequenceNumber edge = send_.unacknowledged + send_.window;
    send_.window = segment.offered_window(
        is_mutant(Mutant::IgnoresWindowScale) ? std::uint8_t{0} : negotiated_.send_scale);
    const bool is_taken_back = send_.window > 0 && edge.after(send_.unacknowledged + send_.window);
    if (is_taken_back && is_mutant(Mutant::KeepsSendEdge)) {
        send_.window = edge - send_.unacknowledged;
    }
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
