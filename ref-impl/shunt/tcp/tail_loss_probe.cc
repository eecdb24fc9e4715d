// SPDX-License-Identifier: Apache-2.0
// Tail loss probes (RFC 8985 7): a loss at the end of a flight has nothing behind it that could
// tell of it. One segment more, before the retransmission timer comes, makes the peer speak.
#include <algorithm>

#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

// RFC 8985 7.2: what a peer may wait before it acknowledges a single segment.
constexpr Duration kAcknowledgmentDelayMax = Duration::milliseconds(200);
// Nobody's clock and queue are exact to less.
constexpr Duration kProbeTimeoutMin = Duration::milliseconds(2);

/// RFC 8985 7.2: where something is reported out of order RACK has something to go by; but not
/// right after an import (EP-49).
bool is_probe_allowed(const Flight& flight) {
    return flight.sent.sacked() == 0 || flight.is_restored;
}

/// The last segment that is not acknowledged.
std::size_t last_in_flight(const SentSegments& sent) {
    std::size_t index = sent.count() - 1;
    while (index > 0 && sent[index].is_sacked)
        --index;
    return index;
}

}  // namespace

/// RFC 8985 7.2: after new data was sent, and after something of it was acknowledged.
void Connection::schedule_probe(Instant now) {
    if (!flight_ || flight_->awaits_reordering) return;
    const Flight& flight = *flight_;
    const bool is_wanted = negotiated_.sack_permitted && recovery_ != Recovery::Fast &&
                           recovery_ != Recovery::Timeout && !flight.probe &&
                           !flight.sent.empty() && is_probe_allowed(flight) && rtt_.has_sample();
    if (!is_wanted) {
        timers_.disarm(Timer::Loss);
        return;
    }
    Duration wait = std::max(rtt_.smoothed() * 2, kProbeTimeoutMin);
    if (flight.sent.count() == 1) wait = wait + kAcknowledgmentDelayMax;
    const Instant limit = timers_.deadline(Timer::Retransmit).value_or(now + wait);
    timers_.arm(Timer::Loss, std::min(now + wait, limit));
}

void Connection::handle_loss_timeout(Instant now) {
    if (!flight_) return;
    if (!flight_->awaits_reordering) {
        flight_->is_probe_due = true;
        // The probe has its whole time before the timer comes (7.3).
        if (!flight_->is_restored) arm_retransmission(now);
        return;
    }
    detect_losses(now);
    update_recovery({}, now);
}

/// What lies beyond a window that was taken back would not be kept (RFC 9293 3.8.6).
bool Connection::is_in_window(const SentSegment& segment) const {
    return segment.begin - send_.unacknowledged + segment.size() <= send_.window;
}

/// New text if the peer's window takes some, whatever the congestion window, else the last segment
/// once more (7.3).
bool Connection::transmit_tail_probe(Instant now, Packet& out) {
    if (!flight_ || !flight_->is_probe_due) return false;
    flight_->is_probe_due = false;
    if (flight_->sent.empty() || !is_probe_allowed(*flight_)) return false;
    const wire::TcpOptions options = current_options(now);
    const auto text = text_within(text_length_max(options), send_.window);
    if (text) {
        send_new_text(*text, options, now, out);
    } else if (const std::size_t last = last_in_flight(flight_->sent);
               !is_in_window(flight_->sent[last]) || !send_again(last, now, out)) {
        return false;
    }
    flight_->probe = {.end = send_.next, .is_retransmission = !text.has_value()};
    timers_.disarm(Timer::Loss);
    if (!flight_->is_restored) arm_retransmission(now);
    return true;
}

}  // namespace shunt::tcp
