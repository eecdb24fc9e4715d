// SPDX-License-Identifier: Apache-2.0
// RACK (RFC 8985 6): a segment is lost if one that was sent sufficiently later has been delivered.
// Time decides, so that reordering and lost retransmissions are seen for what they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/sequence_number.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/sent_segments.hh"
#include "shunt/tcp/timestamp_clock.hh"

namespace shunt::tcp {

/// What an acknowledgment brings along to judge which copy of a segment it is for.
struct Evidence {
    /// True if it was made for an earlier transmission than that of `sent_at` (RFC 7323 4: TSecr
    /// is older). Without timestamps nothing can be said.
    bool is_older_than(Instant sent_at) const {
        return echo && SequenceNumber(*echo).before(SequenceNumber(clock.value(sent_at)));
    }

    /// True if it was made for what was sent at `sent_at`, or within the same tick.
    bool is_of(Instant sent_at) const { return echo && *echo == clock.value(sent_at); }

    Instant now;
    TimestampClock clock;
    std::optional<std::uint32_t> echo;
};

class Rack {
  public:
    /// RFC 5681 3.2; RFC 8985 6.2 step 4 keeps it for paths without reordering.
    static constexpr std::size_t kDuplicateThreshold = 3;

    /// What the reordering window depends on.
    struct Path {
        Duration smoothed_rtt;
        Duration minimum_rtt;
        bool is_recovering = false;
    };

    /// Steps 1 to 3: `segment` is acknowledged for the first time.
    void on_delivered(const SentSegment& segment, const Evidence& evidence, Duration minimum_rtt);
    /// Step 4: a D-SACK came; at most one counts per round trip, which ends when `next` is
    /// acknowledged. `unacknowledged` and `next` are SND.UNA and SND.NXT.
    void on_duplicate_report(SequenceNumber unacknowledged, SequenceNumber next);
    /// Step 4: a recovery is over.
    void on_recovered();

    /// Step 5: marks what is lost. Returns after what time more may be, if nothing comes before.
    std::optional<Duration> detect_losses(SentSegments& sent, const Path& path, Instant now) const;
    /// RFC 8985 6.3: the first segment, and all that were sent long enough ago.
    void mark_losses_on_timeout(SentSegments& sent, const Path& path, Instant now) const;

    bool has_seen_reordering() const { return has_seen_reordering_; }

  private:
    Duration reordering_window(const SentSegments& sent, const Path& path) const;
    bool has_overtaken(const SentSegment& segment) const;

    Instant sent_at_;       // RACK.xmit_ts
    SequenceNumber order_;  // of that transmission, in place of RACK.end_seq
    Duration round_trip_;
    SequenceNumber forward_end_;  // RACK.fack
    std::optional<SequenceNumber> duplicate_round_end_;
    std::uint8_t window_multiplier_ = 1;
    std::uint8_t recoveries_until_reset_ = 0;
    bool has_delivered_ = false;
    bool has_seen_reordering_ = false;
};

}  // namespace shunt::tcp
