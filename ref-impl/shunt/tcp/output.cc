// SPDX-License-Identifier: Apache-2.0
// What is sent when: SYNs, retransmissions, text as windows and Nagle allow (RFC 9293 3.8.6.2.1,
// 3.7.4), probes, acknowledgments. One packet per call, made in place from the send buffer.
#include <algorithm>

#include "shunt/base/mutant.hh"
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
    if (transmit_lost(now, out) || transmit_duplicate_acknowledgment(now, out) ||
        transmit_tail_probe(now, out) || transmit_text(now, out) || transmit_probe(now, out) ||
        transmit_keep_alive(now, out) || transmit_acknowledgment(now, out)) {
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
    if (!is_mutant(Mutant::OffersNoMss)) header.options.mss = config_->advertised_mss;
    header.options.sack_permitted =
        is_answer ? negotiated_.sack_permitted : config_->selective_acknowledgment;
    // Of a SYN that crossed ours too an answer repeats only what it offered (RFC 7323 2.2, 3.2).
    const bool offers_all = is_mutant(Mutant::OffersUnasked);
    if (offers_all || (is_answer ? negotiated_.scale_received : negotiated_.scale_requested)) {
        header.options.window_scale = config_->window_scale;
    }
    if (is_answer ? negotiated_.timestamps_received : negotiated_.timestamps_requested) {
        header.options.timestamps = {.value = clock_.value(now), .echo = recent_timestamp_};
    }
    header.window = syn_window();
    header.flags.acknowledgment = is_answer;
    ask_for_ecn(header.flags, send_.maximum == send_.initial);
    if (is_answer) {
        header.acknowledgment = receive_.next;
        is_acknowledgment_due_ = false;
    }
    // Karn: only a SYN that was sent once measures a round trip.
    is_syn_timed_ = send_.maximum == send_.initial;
    send_.next = send_.initial + 1;
    note_sent(send_.next, now);
    write(header, out);
    return true;
}

/// RFC 6675 5, NextSeg (1): the first segment that is lost. The first of an episode goes at once.
bool Connection::transmit_lost(Instant now, Packet& out) {
    if (!flight_ || flight_->sent.lost() == 0) return false;
    Flight& flight = *flight_;
    const std::size_t index = flight.sent.first_lost();
    const SentSegment segment = flight.sent[index];
    if (!flight.is_retransmission_forced && segment.size() > congestion_room()) return false;
    // Where the peer's window has shrunk, what is outside has to wait (RFC 9293 3.8.6).
    if (segment.end.after(send_.unacknowledged + send_.window)) return false;
    if (!send_again(index, now, out)) return false;
    flight.is_retransmission_forced = false;
    if (recovery_ == Recovery::Fast) flight.reduction.on_sent(segment.size());
    // It has its whole time from now on (RFC 6675 5.1, RFC 6298 5.1).
    if (index == 0) arm_retransmission(now);
    return true;
}

/// False if it does not fit any more: then all is sent anew, in segments that do.
bool Connection::send_again(std::size_t index, Instant now, Packet& out) {
    const SentSegment segment = flight_->sent[index];
    Text text;
    text.offset = segment.begin - send_.unacknowledged;
    const std::uint32_t left = send_buffer_.size() - std::min(text.offset, send_buffer_.size());
    text.length = std::min(segment.size(), left);
    text.fin = segment.size() > text.length;
    if (text.length > segment_size()) {
        go_back();
        return false;
    }
    wire::TcpOptions options = current_options(now);
    // The text has its size already; reports that have no room beside it go with a later segment.
    if (text.length > text_length_max(options)) {
        const auto timestamps = options.timestamps;
        options = {};
        options.timestamps = timestamps;
    }
    flight_->sent.mark_resent(index, now);
    if (flight_->undo && recovery_ != Recovery::None) {
        flight_->undo->on_resent(flight_->sent[index]);
    }
    send_text(text, options, now, out);
    return true;
}

bool Connection::transmit_text(Instant now, Packet& out) {
    if (send_buffer_.octets() == 0) return false;
    const bool is_idle = send_.unacknowledged == send_.maximum;
    if (is_idle && now - last_sent_at_ > rtt_.timeout()) {
        congestion_.restart_after_idle(initial_window(), now - last_sent_at_);  // RFC 5681 4.1
    }
    const wire::TcpOptions options = current_options(now);
    const auto text =
        text_within(text_length_max(options), congestion_room(), segments_at_once(options, out));
    if (!text) return false;
    if (timers_.is_armed(Timer::Persist) || is_silly_window_overridden_) retransmissions_ = 0;
    is_silly_window_overridden_ = false;
    is_probe_due_ = false;
    timers_.disarm(Timer::Persist);
    send_new_text(*text, options, now, out);
    schedule_probe(now);
    return true;
}

/// Text at SND.NXT; what an earlier flight had there may be sent for the second time.
void Connection::send_new_text(const Text& text, const wire::TcpOptions& options, Instant now,
                               Packet& out) {
    if (!flight_) flight_ = std::make_unique<Flight>(send_.unacknowledged);
    const bool is_repeated = send_.next.before(send_.maximum);
    // A record for each segment that the peer gets, also where the link cuts them: its reports
    // have their edges, and one of them may be lost.
    const std::uint32_t segment = text_length_max(options);
    for (std::uint32_t left = text.octets(); left > 0;) {
        const std::uint32_t size = left > segment + (text.fin ? 1 : 0) ? segment : left;
        const SequenceNumber begin = send_.next;
        send_.next = begin + size;
        flight_->sent.append(begin, send_.next, now, is_repeated);
        left -= size;
    }
    // What was reported of it while there was no record of it has to be read once more.
    if (is_repeated) flight_->sack_reader.forget();
    if (recovery_ == Recovery::Fast) flight_->reduction.on_sent(text.octets());
    send_text(text, options, now, out);
}

/// What may go out at SND.NXT now, if anything: `segments` of at most `length_max`, of which the
/// network takes `room`.
std::optional<Text> Connection::text_within(std::uint32_t length_max, std::uint32_t room,
                                            std::uint32_t segments) const {
    Text text;
    text.offset = send_.flight_size();
    if (text.offset >= send_buffer_.octets()) return std::nullopt;
    if (flight_ && flight_->sent.is_full()) return std::nullopt;
    std::uint32_t offered = send_.window - std::min(send_.window, text.offset);
    if (send_.window == 0 && is_mutant(Mutant::SendsIntoClosedWindow)) offered = length_max;
    const std::uint32_t left = send_buffer_.size() - std::min(text.offset, send_buffer_.size());
    const auto records = static_cast<std::uint32_t>(
        flight_ ? SentSegments::kCountMax - flight_->sent.count() : SentSegments::kCountMax);
    text.length = std::min({left, offered, room, length_max * std::min(segments, records)});
    // A FIN takes room in the peer's window, none in the network.
    text.fin =
        send_buffer_.has_fin() && text.length == left && text.offset + text.length < send_.window;
    if (text.length <= length_max) {
        if (!is_worth_sending(text, length_max)) return std::nullopt;
        return text;
    }
    // The last segment of a train goes along if it would have gone alone.
    Text last = text;
    last.length = text.length % length_max;
    last.offset = text.offset + text.length - last.length;
    if (last.length > 0 && !is_worth_sending(last, length_max)) text.length -= last.length;
    return text;
}

/// RFC 9293 3.8.6.2.1 and Nagle (3.7.4).
bool Connection::is_worth_sending(const Text& text, std::uint32_t length_max) const {
    if (text.fin) return true;
    if (text.length == 0) return false;
    if (is_mutant(Mutant::FillsSmallWindows)) return true;
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
    const std::uint32_t segment = text_length_max(options);
    if (config_->train_max > 0) {
        const bool is_train = text.length > segment;
        out.set_unfinished(
            {.checksum = true, .segment_size = static_cast<std::uint16_t>(is_train ? segment : 0)});
    }
    const bool is_new = begin == send_.maximum && text.octets() <= send_.window;
    const auto ecn = is_new ? mark_new_text(header.flags) : wire::EcnCodepoint::NotCapable;
    note_sent(begin + text.octets(), now);
    write(header, out, ecn);
    // Each piece of a train has an identification of its own.
    if (text.length > segment)
        identification_ = static_cast<std::uint16_t>(identification_ + (text.length - 1) / segment);
}

/// Something that takes sequence numbers up to `end` goes out (RFC 6298 5.1).
void Connection::note_sent(SequenceNumber end, Instant now) {
    if (send_.unacknowledged == send_.maximum) progress_at_ = now;
    if (send_.maximum.before(end)) send_.maximum = end;
    if (!timers_.is_armed(Timer::Retransmit)) {
        arm_retransmission(now);
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
