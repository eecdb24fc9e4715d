// SPDX-License-Identifier: Apache-2.0
// A loss that was none: the peer had everything, only its acknowledgment came late or not at all.
// The window goes back to where it was (RFC 4015 3.2, RFC 9438 4.9).
#include <algorithm>

#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {

/// Congestion control is about to hear of a loss that nothing was sent again for yet.
void Connection::remember_window() {
    if (!flight_) return;
    congestion::Control before = congestion_;
    if (recovery_ == Recovery::Fast) before.set_window(before.threshold());
    flight_->undo.emplace(before);
    // A probe that is out may be what the peer has got (RFC 8985 7.4).
    const bool is_repeated = flight_->probe && flight_->probe->is_retransmission;
    if (is_repeated && !flight_->sent.empty()) flight_->undo->on_resent(flight_->sent.back());
}

void Connection::undo_spurious_recovery(const ArrivingSegment& segment, const Delivery& delivery,
                                        Instant now) {
    if (!flight_->undo) return;
    const Evidence evidence{.now = now, .clock = clock_, .echo = echo_of(segment)};
    const bool is_late = delivery.acknowledged > 0 &&
                         flight_->undo->on_progress(evidence, delivery.is_front_repeated);
    const bool is_needless = flight_->duplicate && flight_->undo->on_duplicate(*flight_->duplicate);
    // Marks are no loss, and the window has to fall for them (RFC 4015 3.2, step 5).
    if ((is_late || is_needless) && !segment.flags.ecn_echo) undo_recovery(delivery);
}

void Connection::undo_recovery(const Delivery& delivery) {
    Flight& flight = *flight_;
    const congestion::Control before = flight.undo->before();
    flight.undo.reset();
    // A repetition was answered, so that only acknowledgments were lost (RFC 2883 5.3): the window
    // was no reason. But what is not acknowledged by now has gone astray indeed.
    const bool is_repetition_answered = flight.duplicate && delivery.acknowledged > 0;
    const bool is_repairing = recovery_ == Recovery::Fast || recovery_ == Recovery::Timeout;
    if (is_repairing && !is_repetition_answered) {
        recovery_ = Recovery::None;
        is_partial_seen_ = false;
        flight.is_retransmission_forced = false;
        flight.sent.forget_lost();
    }
    const std::uint32_t window = congestion_.window();
    if (window >= before.window()) return;  // it has grown since
    // No more at once than was acknowledged now, and than a connection may begin with.
    const std::uint32_t burst = std::min(delivery.acknowledged, initial_window());
    const std::uint32_t room = std::max(window, send_.flight_size() + burst);
    congestion_ = before;
    if (room < before.window())
        congestion_.restore(room, std::max(before.threshold(), before.window()));
}

}  // namespace shunt::tcp
