// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/connection.hh"

#include <algorithm>
#include <bit>

#include "shunt/base/mutant.hh"

namespace shunt::tcp {

void Connection::report(Event event) {
    events_ = static_cast<std::uint16_t>(events_ | 1U << static_cast<unsigned>(event));
}

std::optional<Event> Connection::poll_event() {
    if (events_ == 0) return std::nullopt;
    const int first = std::countr_zero(events_);
    events_ = static_cast<std::uint16_t>(events_ & (events_ - 1U));
    return static_cast<Event>(first);
}

void Connection::enter_time_wait(Instant now) {
    set_state(State::TimeWait);
    timers_.disarm_all();
    timers_.arm(Timer::Linger, now + config_->maximum_segment_lifetime * 2);
    send_buffer_.release_memory();
    flight_.reset();
}

void Connection::finish(Event event) {
    set_state(State::Closed);
    timers_.disarm_all();
    send_buffer_.discard();
    // After an orderly end what came before it can still be read.
    if (event != Event::Closed) receive_buffer_.discard();
    flight_.reset();
    is_syn_due_ = is_probe_due_ = is_acknowledgment_due_ = is_keep_alive_due_ = false;
    duplicate_acknowledgments_owed_ = 0;
    reset_reply_.reset();
    report(event);
}

bool Connection::is_established_and_idle() const {
    return state_ == State::Established && send_.unacknowledged == send_.maximum &&
           send_buffer_.octets() == 0 && receive_buffer_.unread() == 0 &&
           !receive_buffer_.has_ranges() && !fin_received_at_;
}

bool Connection::can_be_replaced_by(const wire::TcpView& syn) const {
    if (is_mutant(Mutant::KeepsTimeWait)) return false;
    const wire::TcpFlags flags = syn.flags();
    if (state_ != State::TimeWait || !flags.syn || flags.acknowledgment || flags.reset)
        return false;
    const auto timestamps = syn.options().timestamps;
    if (negotiated_.has_timestamps() && timestamps) {
        const SequenceNumber value(timestamps->value);
        if (value.after(SequenceNumber(recent_timestamp_))) return true;
        // RFC 6191 2: an equal timestamp leaves the decision to the sequence number.
        if (value.before(SequenceNumber(recent_timestamp_))) return false;
    }
    // The old connection's segments have none: of the new one they would not be taken (RFC 7323
    // 3.2), whatever their numbers.
    if (!negotiated_.has_timestamps() && timestamps && config_->timestamps) return true;
    return syn.sequence().after(receive_.next);
}

}  // namespace shunt::tcp
