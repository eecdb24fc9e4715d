// SPDX-License-Identifier: Apache-2.0
// SEGMENT ARRIVES, the seventh and eighth step of RFC 9293 3.10.7.4: text, FIN.
#include <algorithm>
#include <vector>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

// As many duplicates as make a peer without SACK retransmit (RFC 5681 3.2).
constexpr std::uint8_t kDuplicatesOwedMax = 3;
// Under this size a peer's segments do not count as full ones for delayed acknowledgments.
constexpr std::uint16_t kFullTextMin = 536;
// What echoes an older timestamp than any segment lives says nothing (RFC 9293 3.4.1).
constexpr std::uint32_t kEchoAgeMaxMs = 120'000;

/// A defect: of what waits to be read the end is replaced by what comes again.
void rewrite(ReceiveBuffer& buffer, ByteView again) {
    std::vector<std::uint8_t> unread(buffer.unread());
    if (buffer.has_ranges() || again.size() > unread.size()) return;
    buffer.read(0, unread);
    std::copy(again.begin(), again.end(), unread.end() - static_cast<std::ptrdiff_t>(again.size()));
    buffer.consume(unread.size());
    buffer.insert(0, unread);
}

}  // namespace

bool Connection::takes_text() const {
    switch (state_) {
        case State::Established:
        case State::FinWait1:
        case State::FinWait2:
            return true;
        case State::Closed:
        case State::SynSent:
        case State::SynReceived:
        case State::CloseWait:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            return false;
    }
    return false;
}

Outcome Connection::process_text(ArrivingSegment& segment, Instant now) {
    if (segment.length() == 0 || is_text_held_) return Outcome::go_on();
    if (!takes_text()) {
        is_acknowledgment_due_ = true;
        return Outcome::go_on();
    }
    if (segment.flags.urgent && is_mutant(Mutant::DropsUrgentText)) {
        return Outcome::drop(Counter::DropTcpReceiveQueue);
    }
    // Where the peer's stream ends is said once; what is said to lie behind it is not there.
    const auto length = static_cast<std::uint32_t>(segment.text.size());
    const SequenceNumber text_end = segment.sequence + length;
    const bool is_fin_taken =
        !is_mutant(Mutant::ForgetsFinBehindGap) || text_end.at_or_before(receive_.next);
    if (segment.flags.fin && !fin_received_at_ && text_end.before(receive_.edge) && is_fin_taken) {
        fin_received_at_ = text_end;
        receive_buffer_.cut(text_end - receive_.next);
    }
    SequenceNumber limit = receive_.edge;
    if (fin_received_at_ && fin_received_at_->before(limit)) limit = *fin_received_at_;
    const std::uint32_t front =
        segment.sequence.before(receive_.next) ? receive_.next - segment.sequence : 0;
    const SequenceNumber begin = segment.sequence + front;
    const SequenceNumber end = text_end.before(limit) ? text_end : limit;
    if (!begin.before(end)) {
        // Nothing new, or only the FIN: the peer wants to know how far we are.
        note_old_text(segment);
        is_acknowledgment_due_ = true;
        return Outcome::go_on();
    }
    if (front > 0) {
        note_duplicate(segment.sequence, receive_.next);
        if (is_mutant(Mutant::RewritesReceived))
            rewrite(receive_buffer_, segment.text.first(front));
    } else {
        note_repeated_range(begin, end);
    }
    const std::uint32_t offset = begin - receive_.next;
    const bool had_ranges = receive_buffer_.has_ranges();
    const auto insertion = receive_buffer_.insert(offset, segment.text.subspan(front, end - begin));
    largest_text_ = static_cast<std::uint16_t>(std::max<std::size_t>(largest_text_, length));
    if (insertion.advanced > 0) {
        receive_.next = receive_.next + insertion.advanced;
        tune_window(segment, now);
        report(Event::Readable);
    }
    if (offset > 0 || !insertion.is_complete) {
        owe_duplicate_acknowledgment();
    } else if (had_ranges || end != text_end) {
        // It fills a gap (RFC 5681 4.2), or the window: the peer learns at once what is missing.
        is_acknowledgment_due_ = true;
    } else {
        owe_acknowledgment(now);
    }
    if (insertion.is_complete) return Outcome::go_on();
    return Outcome::drop(Counter::DropTcpReceiveQueue);
}

/// TCP-5.
void Connection::tune_window(const ArrivingSegment& segment, Instant now) {
    std::optional<Duration> echo_age;
    if (const auto echo = echo_of(segment)) {
        const std::uint32_t age_ms = clock_.value(now) - *echo;
        if (age_ms <= kEchoAgeMaxMs) echo_age = Duration::milliseconds(age_ms);
    }
    const auto wanted = receive_tuning_.on_text(now, receive_buffer_.consumed(),
                                                receive_buffer_.window_limit(), echo_age);
    if (wanted) receive_buffer_.open_window(*wanted);
}

/// RFC 5681 4.2: at once behind every second full segment, else soon.
void Connection::owe_acknowledgment(Instant now) {
    const std::uint32_t full =
        std::min(std::max(largest_text_, kFullTextMin), config_->advertised_mss);
    if (is_mutant(Mutant::DelaysAcknowledgments)) {
        if (timers_.is_armed(Timer::DelayedAcknowledgment)) return;
        timers_.arm(Timer::DelayedAcknowledgment, now + Duration::milliseconds(600));
    } else if (receive_.next - receive_.last_acknowledged >= 2 * full) {
        is_acknowledgment_due_ = true;
    } else if (!timers_.is_armed(Timer::DelayedAcknowledgment)) {
        timers_.arm(Timer::DelayedAcknowledgment, now + config_->delayed_acknowledgment);
    }
}

/// RFC 5681 4.2: one for each segment out of order; with SACK one for a batch says as much.
void Connection::owe_duplicate_acknowledgment() {
    const std::uint8_t most = negotiated_.sack_permitted ? 1 : kDuplicatesOwedMax;
    if (duplicate_acknowledgments_owed_ < most) ++duplicate_acknowledgments_owed_;
}

/// The FIN counts once everything before it is there.
void Connection::process_fin(Instant now) {
    if (!takes_text() || fin_received_at_ != receive_.next) return;
    receive_.next = receive_.next + 1;
    is_acknowledgment_due_ = true;
    report(Event::PeerFinished);
    if (is_mutant(Mutant::ResetsHalfClosed) && state_ == State::Established) return abort();
    if (is_mutant(Mutant::ResetsCrossedFin) && state_ == State::FinWait1) return abort();
    switch (state_) {
        case State::Established:
            set_state(State::CloseWait);
            break;
        case State::FinWait1:
            set_state(State::Closing);
            break;
        case State::FinWait2:
            enter_time_wait(now);
            break;
        case State::Closed:
        case State::SynSent:
        case State::SynReceived:
        case State::CloseWait:
        case State::Closing:
        case State::LastAck:
        case State::TimeWait:
            break;
    }
}

}  // namespace shunt::tcp
