// SPDX-License-Identifier: Apache-2.0
// Loss recovery. With SACK: RACK says what is lost (RFC 8985 6), the scoreboard what is not
// (RFC 6675). Without: duplicates and partial acknowledgments (RFC 5681 3.2, RFC 6582). How much
// goes out meanwhile is rate reduction's to say (RFC 6937) in both cases.
#include <algorithm>
#include <limits>

#include "shunt/base/mutant.hh"
#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

constexpr std::uint16_t kDuplicatesForLoss = 3;  // RFC 5681 3.2
// RFC 3042: two segments more while the first two duplicates come.
constexpr std::uint32_t kLimitedTransmitSegments = 2;
// L of RFC 3465 2.2 and 2.3: two segments, after a timeout one.
constexpr std::uint32_t kSlowStartSegments = 2;
constexpr std::uint32_t kSlowStartSegmentsAfterTimeout = 1;

}  // namespace

/// A peer may agree to SACK and never send a block (RFC 2018 4 is a SHOULD). Until the first one
/// has come, losses are found as without: by duplicates that say nothing (RFC 5681 3.2, RFC 6582).
void Connection::hear_sack(const ArrivingSegment& segment) {
    const bool has_blocks = !segment.options.sack_blocks().empty();
    if (is_sack_heard_ || !negotiated_.sack_permitted || !has_blocks) return;
    is_sack_heard_ = true;
    if (flight_) flight_->duplicate_credit = 0;  // from now on it is known which have left
}

/// With SACK an acknowledgment is a duplicate if it reports something new (RFC 6675 2), without if
/// it says nothing at all (RFC 5681 2).
void Connection::count_duplicate(const ArrivingSegment& segment, Delivery& delivery) {
    Flight& flight = *flight_;
    const std::uint32_t size = segment_size();
    if (delivery.acknowledged > 0) {
        // What the duplicates have told of is among what is acknowledged now.
        const std::uint32_t behind_front = delivery.delivered - std::min(delivery.delivered, size);
        const std::uint32_t known = std::min(flight.duplicate_credit, behind_front);
        flight.duplicate_credit -= known;
        delivery.delivered -= known;
        return;
    }
    const std::uint32_t window = segment.offered_window(negotiated_.send_scale);
    const bool is_empty = segment.arrived_length == 0 && window == send_.window;
    const bool is_duplicate = is_sack_heard_ ? delivery.delivered > 0 : is_empty;
    if (!is_duplicate || flight.sent.empty()) return;
    if (duplicates_ < std::numeric_limits<std::uint16_t>::max()) ++duplicates_;
    if (is_sack_heard_) return;
    const std::uint32_t limit =
        recovery_ == Recovery::Fast ? flight.sent.total() : kLimitedTransmitSegments * size;
    const std::uint32_t credit = std::min(flight.duplicate_credit + size, limit);
    delivery.delivered = credit - std::min(credit, flight.duplicate_credit);
    flight.duplicate_credit = std::max(credit, flight.duplicate_credit);
    const bool is_loss = duplicates_ == kDuplicatesForLoss && !recover_;
    if (is_loss && recovery_ != Recovery::Fast) flight.sent.mark_lost(0);
}

/// True if more is lost than was known.
bool Connection::detect_losses(Instant now) {
    if (is_mutant(Mutant::WaitsForTimeout)) return false;
    Flight& flight = *flight_;
    const std::uint32_t lost_before = flight.sent.lost();
    const Rack::Path path{
        .smoothed_rtt = rtt_.smoothed(),
        .minimum_rtt = rtt_.minimum(),
        .is_recovering = recovery_ == Recovery::Fast || recovery_ == Recovery::Timeout};
    const auto wait = flight.rack.detect_losses(flight.sent, path, now);
    if (wait) {
        timers_.arm(Timer::Loss, now + *wait);
    } else if (flight.awaits_reordering) {
        timers_.disarm(Timer::Loss);
    }
    flight.awaits_reordering = wait.has_value();
    return flight.sent.lost() > lost_before;
}

void Connection::update_recovery(const Delivery& delivery, Instant now) {
    Flight& flight = *flight_;
    const bool is_recovered = !recover_ || send_.unacknowledged.at_or_after(*recover_);
    // RFC 5681 3.2 (6): the acknowledgment that ends it sets the window, and is spent with that.
    const bool ends_fast_recovery = recovery_ == Recovery::Fast && is_recovered;
    switch (recovery_) {
        case Recovery::None:
            break;
        case Recovery::Reduced:
            if (is_recovered) recovery_ = Recovery::None;
            break;
        case Recovery::Timeout:
        case Recovery::Fast:
            if (is_recovered) leave_recovery();
            break;
    }
    if (recovery_ == Recovery::Fast) {
        if (!is_sack_heard_ && delivery.acknowledged > 0 && !flight.sent.empty()) {
            // A partial acknowledgment: the next hole begins where it ends (RFC 6582 3.2).
            flight.sent.mark_lost(0);
            flight.is_retransmission_forced = flight.sent.lost() > 0;
            is_partial_seen_ = true;
        }
        follow_delivery(delivery);
    } else if (recovery_ != Recovery::Timeout && flight.sent.lost() > 0) {
        enter_fast_recovery();
        if (is_mutant(Mutant::RepeatsReported)) return go_back();
        follow_delivery(delivery);
    } else if (recovery_ != Recovery::Reduced && delivery.acknowledged > 0 && !ends_fast_recovery) {
        grow_window(delivery, now);
    }
    if (recovery_ != Recovery::Fast && delivery.acknowledged > 0) {
        duplicates_ = 0;
        flight.duplicate_credit = 0;
    }
    // Kept one octet longer: duplicates of the episode's own retransmissions start no new one.
    const bool is_past = recover_ && send_.unacknowledged.after(*recover_);
    if (recovery_ == Recovery::None && is_past) recover_.reset();
    if (flight.sent.empty()) timers_.disarm(Timer::Loss);
}

void Connection::grow_window(const Delivery& delivery, Instant now) {
    congestion::Acknowledged acknowledged{.count = delivery.acknowledged,
                                          .segment_size = segment_size(),
                                          .was_limiting = true,
                                          .segments_max = kSlowStartSegmentsAfterTimeout,
                                          .now = now,
                                          .round_trip = rtt_.smoothed()};
    if (recovery_ != Recovery::Timeout) {
        // The window limits if what was out came within a segment of it, in slow start within a
        // half.
        const std::uint32_t out = delivery.in_network_before;
        const std::uint32_t window = congestion_.window();
        acknowledged.was_limiting = congestion_.is_in_slow_start()
                                        ? out >= window / 2
                                        : out + acknowledged.segment_size > window;
        acknowledged.segments_max = kSlowStartSegments;
    }
    if (is_mutant(Mutant::GrowsByAcknowledgments)) acknowledged.count = segment_size();
    congestion_.on_acknowledged(acknowledged);
}

void Connection::enter_fast_recovery() {
    remember_window();
    Flight& flight = *flight_;
    // The window falls once for what is lost and marked of one window of data (RFC 3168 6.1.2).
    const bool has_fallen = recovery_ == Recovery::Reduced && recover_ &&
                            flight.sent[flight.sent.first_lost()].begin.before(*recover_);
    recovery_ = Recovery::Fast;
    recover_ = send_.maximum;
    is_partial_seen_ = false;
    duplicates_ = std::max(duplicates_, kDuplicatesForLoss);
    flight.probe.reset();
    flight.is_retransmission_forced = true;
    flight.reduction.start(send_.flight_size());
    if (has_fallen) return;
    is_window_reduction_due_ = negotiated_.has_ecn();
    // Without what limited transmit has sent beyond the window (RFC 5681 3.2 (2)).
    const std::uint32_t flight_size = std::min(send_.flight_size(), congestion_.window());
    if (is_mutant(Mutant::KeepsWindowAtLoss)) return;
    congestion_.on_congestion(flight_size, segment_size());
}

void Connection::follow_delivery(const Delivery& delivery) {
    if (is_mutant(Mutant::KeepsWindowAtLoss)) return;
    const std::uint32_t in_network = flight_->in_network();
    const std::uint32_t room = flight_->reduction.allowance(
        delivery.delivered, in_network, congestion_.threshold(), segment_size(),
        delivery.acknowledged > 0 && !delivery.shows_loss);
    const std::uint64_t window = std::uint64_t{in_network} + room;
    congestion_.set_window(std::max<std::uint64_t>(window, segment_size()));
}

void Connection::leave_recovery() {
    const bool is_lowered = recovery_ == Recovery::Fast && !is_mutant(Mutant::KeepsWindowAtLoss);
    if (is_lowered) congestion_.set_window(congestion_.threshold());
    recovery_ = Recovery::None;
    is_partial_seen_ = false;
    flight_->rack.on_recovered();
}

/// A loss that needs no repair any more, or a mark: the window falls, and does not grow within the
/// round trip.
void Connection::reduce_window() {
    if (recovery_ != Recovery::None) return;
    // Without what limited transmit has sent beyond the window (RFC 5681 3.2 (2)).
    const std::uint32_t flight_size = std::min(send_.flight_size(), congestion_.window());
    congestion_.on_congestion(flight_size, segment_size());
    recovery_ = Recovery::Reduced;
    recover_ = send_.maximum;
    is_window_reduction_due_ = negotiated_.has_ecn();
}

/// RFC 5681 3.1, RFC 6298 5.4, RFC 8985 6.3.
void Connection::recover_from_timeout(bool is_first, Instant now) {
    if (is_first) remember_window();
    congestion_.on_timeout(send_.flight_size(), segment_size(), is_first);
    recovery_ = Recovery::Timeout;
    recover_ = send_.maximum;
    is_window_reduction_due_ = negotiated_.has_ecn();
    is_partial_seen_ = false;
    duplicates_ = 0;
    // A window that has shrunk since: what fits goes, as if for the first time.
    const bool is_window_shrunk =
        flight_ && !flight_->sent.empty() && flight_->sent.front().size() > send_.window;
    if (!flight_ || is_window_shrunk) {
        go_back();
        return;
    }
    Flight& flight = *flight_;
    flight.probe.reset();
    flight.is_probe_due = false;
    flight.duplicate_credit = 0;
    if (flight.sent.empty()) return;
    if (flight.sent.front().is_sacked && is_mutant(Mutant::TrustsSackForEver)) return;
    if (flight.sent.front().is_sacked) {
        // The peer has thrown away what it had reported (RFC 2018 8).
        flight.sent.forget_sacked();
        flight.sack_reader.forget();
    }
    if (is_sack_heard_) {
        const Rack::Path path{rtt_.smoothed(), rtt_.minimum(), true};
        flight.rack.mark_losses_on_timeout(flight.sent, path, now);
    } else {
        flight.sent.mark_all_lost();
    }
    flight.is_retransmission_forced = true;
}

/// Everything from SND.UNA on is sent anew: what is known of the flight does not fit any more.
void Connection::go_back() {
    if (flight_) flight_->forget();
    timers_.disarm(Timer::Loss);
    send_.next = send_.unacknowledged;
}

std::vector<wire::SackBlock> Connection::scoreboard() const {
    std::vector<wire::SackBlock> ranges;
    if (!flight_ || flight_->sent.sacked() == 0) return ranges;
    for (std::size_t i = 0; i < flight_->sent.count(); ++i) {
        const SentSegment& segment = flight_->sent[i];
        if (!segment.is_sacked) continue;
        if (!ranges.empty() && ranges.back().right == segment.begin) {
            ranges.back().right = segment.end;
        } else {
            ranges.push_back({segment.begin, segment.end});
        }
    }
    return ranges;
}

/// What a control block calls SND.NXT: what goes out next, be it for the second time. Where a
/// scoreboard lies behind it, the holes from there on are what is lost.
SequenceNumber Connection::next_to_send() const {
    if (!flight_ || flight_->sent.lost() == 0) return send_.next;
    return flight_->sent[flight_->sent.first_lost()].begin;
}

bool Connection::restore_scoreboard(std::span<const wire::SackBlock> ranges) {
    SequenceNumber edge = send_.unacknowledged;
    for (const wire::SackBlock& range : ranges) {
        const bool is_next = range.left.at_or_after(edge) && range.left.before(range.right);
        if (!is_next || range.right.after(send_.maximum)) return false;
        edge = range.right;
    }
    is_sack_heard_ = is_sack_heard_ || !ranges.empty();
    restore_flight(ranges, last_sent_at_);
    return true;
}

/// Records of what was out when the connection was exported. When each was sent is not known: as
/// if now, and not for the first time. A hole below what is reported has gone again already.
void Connection::restore_flight(std::span<const wire::SackBlock> ranges, Instant now) {
    const SequenceNumber next = send_.next;
    if (!ranges.empty() && ranges.back().right.after(next)) send_.next = send_.maximum;
    const std::uint32_t out = send_.flight_size();
    if (out == 0) return;
    flight_ = std::make_unique<Flight>(send_.maximum);
    flight_->is_restored = true;
    SentSegments& sent = flight_->sent;
    const auto even = static_cast<std::uint32_t>(2 * out / SentSegments::kCountMax + 1);
    const std::uint32_t step = std::max(segment_size(), even);
    const auto append = [&](SequenceNumber end) {
        SequenceNumber begin = sent.empty() ? send_.unacknowledged : sent.back().end;
        while (begin.before(end) && !sent.is_full()) {
            const SequenceNumber edge = begin + std::min(step, end - begin);
            sent.append(begin, edge, now, true);
            begin = edge;
        }
    };
    for (const wire::SackBlock& range : ranges) {
        if (range.left.after(next)) append(next);
        append(range.left);
        append(range.right);
        sent.mark_sacked(range, range.left, range.right, [](const SentSegment&) {});
    }
    append(next);
    append(send_.next);
    for (std::size_t i = 0; i < sent.count(); ++i) {
        const bool is_hole = !ranges.empty() && sent[i].end.before(ranges.back().right);
        if (is_hole && !sent[i].is_sacked) sent.mark_resent(i, now);
        if (sent[i].begin.at_or_after(next)) sent.mark_lost(i);
    }
    if (sent.total() != out) go_back();  // more ranges than records: all is sent again
}

}  // namespace shunt::tcp
