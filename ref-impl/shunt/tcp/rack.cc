// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/rack.hh"

#include <algorithm>
#include <limits>

namespace shunt::tcp {
namespace {

// RFC 8985 6.2 step 4.
constexpr std::uint8_t kRecoveriesUntilReset = 16;
constexpr std::int64_t kWindowFraction = 4;

}  // namespace

void Rack::on_delivered(const SentSegment& segment, const Evidence& evidence,
                        Duration minimum_rtt) {
    const bool is_first_copy = !segment.is_retransmitted || evidence.is_older_than(segment.sent_at);
    // Reordering: what was sent first arrives behind what was sent after it.
    if (!has_delivered_ || segment.end.after(forward_end_)) {
        forward_end_ = segment.end;
    } else if (segment.end.before(forward_end_) && is_first_copy) {
        has_seen_reordering_ = true;
    }
    const Duration round_trip = evidence.now - segment.sent_at;
    // Of a retransmission it may well be the first copy that has arrived.
    const bool is_too_soon = round_trip < minimum_rtt;
    if (segment.is_retransmitted && (is_first_copy || is_too_soon)) return;
    round_trip_ = round_trip;
    if (!has_delivered_ || segment.order.after(order_)) {
        sent_at_ = segment.sent_at;
        order_ = segment.order;
    }
    has_delivered_ = true;
}

/// RACK_sent_after: something that went out after the last transmission of `segment` has arrived.
/// Of what left in one instant the sequence numbers (6.2 step 2) do not tell whether it was the
/// retransmission or new text that went first; the numbers of the transmissions do.
bool Rack::has_overtaken(const SentSegment& segment) const {
    return order_.after(segment.order);
}

void Rack::on_duplicate_report(SequenceNumber unacknowledged, SequenceNumber next) {
    if (duplicate_round_end_ && unacknowledged.at_or_after(*duplicate_round_end_)) {
        duplicate_round_end_.reset();
    }
    if (duplicate_round_end_) return;
    duplicate_round_end_ = next;
    if (window_multiplier_ < std::numeric_limits<std::uint8_t>::max()) ++window_multiplier_;
    recoveries_until_reset_ = kRecoveriesUntilReset;
}

void Rack::on_recovered() {
    if (recoveries_until_reset_ > 0 && --recoveries_until_reset_ == 0) window_multiplier_ = 1;
}

Duration Rack::reordering_window(const SentSegments& sent, const Path& path) const {
    const bool is_sure = path.is_recovering || sent.sacked_count() >= kDuplicateThreshold;
    if (!has_seen_reordering_ && is_sure) return {};
    return std::min(path.minimum_rtt * window_multiplier_ / kWindowFraction, path.smoothed_rtt);
}

std::optional<Duration> Rack::detect_losses(SentSegments& sent, const Path& path,
                                            Instant now) const {
    std::optional<Duration> wait;
    if (!has_delivered_) return wait;
    const Duration window = reordering_window(sent, path);
    for (std::size_t i = 0; i < sent.count(); ++i) {
        const SentSegment& segment = sent[i];
        if (!segment.is_in_flight()) continue;
        if (!has_overtaken(segment)) {
            // What follows was sent later still, unless this one was sent again.
            if (!segment.is_retransmitted) break;
            continue;
        }
        const Duration remaining = segment.sent_at + round_trip_ + window - now;
        if (remaining <= Duration{}) {
            sent.mark_lost(i);
        } else {
            wait = std::max(wait.value_or(remaining), remaining);
        }
    }
    return wait;
}

void Rack::mark_losses_on_timeout(SentSegments& sent, const Path& path, Instant now) const {
    const Duration age_max = round_trip_ + reordering_window(sent, path);
    for (std::size_t i = 0; i < sent.count(); ++i) {
        if (i == 0 || now - sent[i].sent_at >= age_max) sent.mark_lost(i);
    }
}

}  // namespace shunt::tcp
