// SPDX-License-Identifier: Apache-2.0
// What is sent when: SYNs, retransmissions, text as windows and Nagle allow (RFC 9293 3.8.6.2.1,
// 3.7.4), probes, acknowledgments. One packet per call, made in place from the send buffer.
#include <algorithm>

#include "shunt/tcp/connection.hh"
#include "shunt/tcp/reset.hh"

namespace shunt::tcp {

bool Connection::poll_transmit(Instant now, Packet& out) {
    SHUNT_ASSERT(out.empty(), "a packet is written into an empty buffer");
    if (is_abort_due_ || reset_reply_) return transmit_reset(out);
    switch (state_) {
        case State::Closed:
            return false;
        case State::SynSent:
        case State::SynReceived:
            return transmit_syn(now, out) || transmit_acknowledgment(now, out);
        case State::Established:
        case State::FinWait1:
        case State::FinWait2:
        case State::CloseWait:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            break;
    }
    if (transmit_front_again(now, out) || transmit_duplicate_acknowledgment(now, out) ||
        transmit_text(now, out) || transmit_probe(now, out) || transmit_acknowledgment(now, out)) {
        return true;
    }
    update_persist_timer(now);
    return false;
}

/// Ours (abort) carries the acknowledgment too, so that it is in the peer's window whatever the
/// peer has heard from us; an answer takes its number from what it answers.
bool Connection::transmit_reset(Packet& out) {
    if (reset_reply_) {
        Reset{.sequence = *reset_reply_, .acknowledgment = {}}.write(identity_, out);
        reset_reply_.reset();
        return true;
    }
    is_abort_due_ = false;
    Reset{.sequence = acknowledging_sequence(), .acknowledgment = receive_.next}.write(identity_,
                                                                                       out);
    return true;
}

bool Connection::transmit_syn(Instant now, Packet& out) {
    if (!is_syn_due_) return false;
    is_syn_due_ = false;
    const bool is_answer = state_ == State::SynReceived;
    wire::TcpHeader header;
    header.sequence = send_.initial;
    header.flags.syn = true;
    header.options.mss = config_->advertised_mss;
    header.options.sack_permitted =
        is_answer ? negotiated_.sack_permitted : config_->selective_acknowledgment;
    if (negotiated_.scale_requested) header.options.window_scale = config_->window_scale;
    if (negotiated_.timestamps_requested) {
        header.options.timestamps = {.value = clock_.value(now), .echo = recent_timestamp_};
    }
    header.window = syn_window();
    if (is_answer) {
        header.flags.acknowledgment = true;
        header.acknowledgment = receive_.next;
        is_acknowledgment_due_ = false;
    }
    const SequenceNumber end = send_.initial + 1;
    note_sent(send_.initial, end, now);
    send_.next = end;
    write(header, out);
    return true;
}

/// The first unacknowledged segment once more (RFC 6582 3.2).
bool Connection::transmit_front_again(Instant now, Packet& out) {
    if (!is_front_due_) return false;
    is_front_due_ = false;
    const wire::TcpOptions options = current_options(now);
    const std::uint32_t length_max = text_length_max(options);
    Text text;
    text.length = std::min({send_buffer_.size(), length_max, send_.flight_size()});
    text.fin = send_buffer_.has_fin() && text.length == send_buffer_.size() &&
               send_.flight_size() > text.length;
    if (text.length == 0 && !text.fin) return false;
    send_text(text, options, now, out);
    return true;
}

bool Connection::transmit_text(Instant now, Packet& out) {
    if (send_buffer_.octets() == 0) return false;
    const bool is_idle = send_.unacknowledged == send_.maximum;
    if (is_idle && now - last_sent_at_ > rtt_.timeout()) {
        congestion_.restart_after_idle(initial_window());  // RFC 5681 4.1
    }
    const wire::TcpOptions options = current_options(now);
    const auto text = next_text(text_length_max(options));
    if (!text) return false;
    if (timers_.is_armed(Timer::Persist) || is_silly_window_overridden_) retransmissions_ = 0;
    is_silly_window_overridden_ = false;
    is_probe_due_ = false;
    timers_.disarm(Timer::Persist);
    send_text(*text, options, now, out);
    send_.next = send_.next + text->length + (text->fin ? 1 : 0);
    return true;
}

/// What may go out at SND.NXT now, if anything.
std::optional<Connection::Text> Connection::next_text(std::uint32_t length_max) const {
    Text text;
    text.offset = send_.flight_size();
    if (text.offset >= send_buffer_.octets()) return std::nullopt;
    const std::uint32_t window = std::min(send_.window, usable_congestion_window());
    const std::uint32_t usable = window > text.offset ? window - text.offset : 0;
    const std::uint32_t left = send_buffer_.size() - std::min(text.offset, send_buffer_.size());
    text.length = std::min({left, usable, length_max});
    // A FIN takes room in the peer's window, none in the network.
    text.fin =
        send_buffer_.has_fin() && text.length == left && text.offset + text.length < send_.window;
    if (!is_worth_sending(text, length_max)) return std::nullopt;
    return text;
}

/// RFC 9293 3.8.6.2.1 and Nagle (3.7.4).
bool Connection::is_worth_sending(const Text& text, std::uint32_t length_max) const {
    if (text.fin) return true;
    if (text.length == 0) return false;
    if (text.length == length_max || is_silly_window_overridden_) return true;
    if (send_.next != send_.maximum) return true;  // it was sent before
    const bool is_last = text.offset + text.length == send_buffer_.size();
    if (is_last && (is_no_delay_ || text.offset == 0)) return true;
    return text.length >= send_.window_max / 2;
}

void Connection::send_text(const Text& text, const wire::TcpOptions& options, Instant now,
                           Packet& out) {
    const SequenceNumber begin = send_.unacknowledged + text.offset;
    wire::TcpHeader header = acknowledging_header(begin, options);
    header.flags.fin = text.fin;
    header.flags.push = text.length > 0 && text.offset + text.length == send_buffer_.size();
    send_buffer_.read(text.offset, out.append(text.length));
    note_sent(begin, begin + text.length + (text.fin ? 1 : 0), now);
    write(header, out);
}

/// RFC 6298 5.1; Karn's rule for what is timed.
void Connection::note_sent(SequenceNumber begin, SequenceNumber end, Instant now) {
    if (begin.before(send_.maximum)) {
        is_timing_ = false;
    } else if (!is_timing_) {
        is_timing_ = true;
        timed_end_ = end;
        timed_at_ = now;
    }
    if (send_.unacknowledged == send_.maximum) progress_at_ = now;
    if (send_.maximum.before(end)) send_.maximum = end;
    if (!timers_.is_armed(Timer::Retransmit)) {
        timers_.arm(Timer::Retransmit, now + rtt_.timeout());
    }
    last_sent_at_ = now;
}

/// RFC 9293 3.8.6.1: one octet into the closed window. SND.NXT stays, so that the octet goes again
/// if the peer had no room for it.
bool Connection::transmit_probe(Instant now, Packet& out) {
    if (!is_probe_due_) return false;
    is_probe_due_ = false;
    if (send_buffer_.octets() == 0 || send_.flight_size() > 0) return false;
    Text text;
    text.length = std::min(send_buffer_.size(), std::uint32_t{1});
    text.fin = text.length == 0;
    const bool was_retransmitting = timers_.is_armed(Timer::Retransmit);
    send_text(text, current_options(now), now, out);
    is_timing_ = false;
    if (!was_retransmitting) timers_.disarm(Timer::Retransmit);
    return true;
}

bool Connection::transmit_duplicate_acknowledgment(Instant now, Packet& out) {
    if (duplicate_acknowledgments_owed_ == 0) return false;
    --duplicate_acknowledgments_owed_;
    write(acknowledging_header(acknowledging_sequence(), current_options(now)), out);
    return true;
}

bool Connection::transmit_acknowledgment(Instant now, Packet& out) {
    if (!is_acknowledgment_due_) return false;
    write(acknowledging_header(acknowledging_sequence(), current_options(now)), out);
    return true;
}

/// Something waits, nothing is out, nothing could be sent: the peer's window must open. Without a
/// timer a lost window update would be the end (RFC 9293 3.8.6.1).
void Connection::update_persist_timer(Instant now) {
    is_silly_window_overridden_ = false;
    const bool waits = send_buffer_.octets() > 0 && send_.flight_size() == 0;
    if (!waits) {
        timers_.disarm(Timer::Persist);
        return;
    }
    timers_.disarm(Timer::Retransmit);
    if (!timers_.is_armed(Timer::Persist)) timers_.arm(Timer::Persist, now + persist_interval());
}

}  // namespace shunt::tcp
