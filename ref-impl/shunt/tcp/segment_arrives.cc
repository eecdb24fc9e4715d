// SPDX-License-Identifier: Apache-2.0
// SEGMENT ARRIVES (RFC 9293 3.10.7): the order of the steps, and the state SYN-SENT.
#include <algorithm>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

// RFC 9293 3.7.1.
constexpr std::uint16_t kMaximumSegmentDefault = 536;

bool has_odd_sack(const ArrivingSegment& segment, SequenceNumber maximum) {
    const auto blocks = segment.options.sack_blocks();
    return std::any_of(blocks.begin(), blocks.end(), [maximum](const wire::SackBlock& block) {
        return block.right.after(maximum);
    });
}

}  // namespace

std::optional<Counter> Connection::handle_segment(const wire::TcpView& view, Instant now) {
    ArrivingSegment segment(view);
    switch (state_) {
        case State::Closed:
            return Counter::DropTcpClosed;
        case State::SynSent:
            return arrive_in_syn_sent(segment, now).dropped();
        case State::SynReceived:
        case State::Established:
        case State::FinWait1:
        case State::FinWait2:
        case State::CloseWait:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            return arrive_in_other_states(segment, now).dropped();
    }
    return std::nullopt;
}

/// 3.10.7.4. The third step (security) has no IPv4 option that we know.
Outcome Connection::arrive_in_other_states(ArrivingSegment& segment, Instant now) {
    // Both ends have sent their SYN (simultaneous open): the peer's SYN/ACK repeats its SYN.
    if (state_ == State::SynReceived && segment.flags.syn && segment.flags.acknowledgment &&
        segment.sequence == receive_.initial) {
        segment.strip_syn();
    }
    Outcome outcome = check_timestamp(segment, now);
    if (!outcome.stops()) outcome = check_sequence(segment, now);
    if (!outcome.stops()) outcome = check_reset(segment, now);
    if (!outcome.stops()) outcome = check_syn(segment, now);
    if (is_mutant(Mutant::BelievesOddSack) && has_odd_sack(segment, send_.maximum)) {
        segment.acknowledgment = send_.maximum;
    }
    if (is_mutant(Mutant::RepeatsAtOddSack) && has_odd_sack(segment, send_.maximum)) go_back();
    if (!outcome.stops()) outcome = check_acknowledgment(segment, now);
    if (outcome.stops()) return outcome;
    note_sign_of_life(now);
    update_recent_timestamp(segment, now);
    note_marks(segment);
    check_urgent(segment);
    outcome = process_text(segment, now);
    process_fin(now);
    return outcome;
}

/// Only what has passed all checks shows that the peer is there: anything else anybody could have
/// sent, to keep a connection alive whose peer has gone.
void Connection::note_sign_of_life(Instant now) {
    last_received_at_ = now;
    keep_alive_probes_ = 0;
    if (state_ == State::FinWait2) {
        timers_.arm(Timer::Linger, now + config_->fin_wait_2_timeout);
    }
}

/// 3.10.7.3.
Outcome Connection::arrive_in_syn_sent(ArrivingSegment& segment, Instant now) {
    const bool acknowledges_syn = segment.flags.acknowledgment &&
                                  segment.acknowledgment.after(send_.initial) &&
                                  segment.acknowledgment.at_or_before(send_.maximum);
    if (segment.flags.acknowledgment && !acknowledges_syn) {
        if (!segment.flags.reset) reset_reply_ = segment.acknowledgment;
        return Outcome::drop(Counter::DropTcpAcknowledgment);
    }
    if (segment.flags.reset) {
        if (!acknowledges_syn) return Outcome::drop(Counter::DropTcpReset);
        finish(Event::Reset);
        return Outcome::stop();
    }
    if (!segment.flags.syn) return Outcome::drop(Counter::DropTcpNotSyn);
    learn_options(segment, now);
    last_received_at_ = now;
    segment.strip_syn();
    if (!acknowledges_syn) {
        // Simultaneous open: our SYN goes again, with an ACK.
        set_state(State::SynReceived);
        send_.next = send_.initial;
        is_syn_due_ = true;
        return Outcome::stop();
    }
    establish(segment, now);
    is_acknowledgment_due_ = true;
    check_urgent(segment);
    const Outcome outcome = process_text(segment, now);
    process_fin(now);
    return outcome;
}

/// What a SYN says of its sender: numbers and options.
void Connection::learn_options(const ArrivingSegment& syn, Instant now) {
    receive_.initial = syn.sequence;
    receive_.next = syn.sequence + 1;
    receive_.edge = receive_.next + syn_window();
    receive_.urgent = receive_.next;
    receive_.last_acknowledged = receive_.next;
    const wire::TcpOptions& options = syn.options;
    negotiated_.maximum_segment = std::max(
        options.mss.value_or(is_mutant(Mutant::AssumesAnyMss) ? config_->advertised_mss
                                                              : kMaximumSegmentDefault),
        is_mutant(Mutant::BelievesTinyMss) ? std::uint16_t{16} : Negotiated::kMaximumSegmentMin);
    negotiated_.sack_permitted = config_->selective_acknowledgment && options.sack_permitted;
    negotiated_.ecn_received = agrees_to_ecn(syn.flags);
    negotiated_.scale_received = negotiated_.scale_requested && options.window_scale.has_value();
    if (negotiated_.scale_received) {
        negotiated_.send_scale = std::min(*options.window_scale, wire::ControlBlock::kScaleMax);
        if (is_mutant(Mutant::ReadsScaleTooWide)) ++negotiated_.send_scale;
        negotiated_.receive_scale = config_->window_scale;
    }
    negotiated_.timestamps_received =
        negotiated_.timestamps_requested && options.timestamps.has_value();
    if (negotiated_.timestamps_received) {
        recent_timestamp_ = options.timestamps->value;
        recent_timestamp_at_ = now;
    }
    // The window of a SYN is never scaled (RFC 7323 2.2).
    send_.window = syn.window;
    send_.window_max = syn.window;
    send_.window_update_sequence = syn.sequence;
    send_.window_update_acknowledgment = syn.acknowledgment;
}

/// Karn: a SYN that was sent more than once measures a round trip only if the peer's timestamp is
/// an echo of the last one (RFC 6298 3); an older echo may be of an answer that was lost. So may
/// one that comes later than a peer waits before it repeats its own SYN.
void Connection::measure_handshake(const ArrivingSegment& segment, Instant now) {
    const Evidence evidence{.now = now, .clock = clock_, .echo = echo_of(segment)};
    const Duration age = now - last_sent_at_;
    const bool is_prompt = age <= config_->retransmission_timeout_initial;
    if (is_syn_timed_ || (evidence.is_of(last_sent_at_) && is_prompt)) rtt_.sample(age);
}

/// Both SYNs are acknowledged: our sequence space begins behind ours.
void Connection::establish(const ArrivingSegment& segment, Instant now) {
    const bool was_syn_lost = retransmissions_ > 0;
    measure_handshake(segment, now);
    // A lost SYN costs the initial window (RFC 5681 3.1) and, unless the round trip is known, the
    // impatience (RFC 6298 5.7).
    congestion_ = congestion::Control(config_->congestion_control,
                                      was_syn_lost ? segment_size() : initial_window());
    if (was_syn_lost && !rtt_.has_sample()) rtt_.be_careful_after_handshake();
    rtt_.end_backoff();
    retransmissions_ = 0;
    timers_.disarm(Timer::Retransmit);
    send_.unacknowledged = send_.initial + 1;
    send_.next = send_.maximum = send_.unacknowledged;
    if (send_.urgent.before(send_.unacknowledged)) send_.urgent = send_.unacknowledged;
    send_.window_update_sequence = segment.sequence;
    send_.window_update_acknowledgment = segment.acknowledgment;
    set_state(send_buffer_.is_finished() ? State::FinWait1 : State::Established);
    report(Event::Established);
    start_keep_alive(now);
}

}  // namespace shunt::tcp
