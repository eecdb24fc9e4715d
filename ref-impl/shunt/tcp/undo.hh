// SPDX-License-Identifier: Apache-2.0
// Was a loss none? What a sender remembers of the time before one, to go back there if it turns out
// that nothing was lost: by timestamps (RFC 3522) or by reports of duplicates (RFC 3708).
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/sequence_number.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/congestion/control.hh"
#include "shunt/tcp/rack.hh"
#include "shunt/tcp/sent_segments.hh"
#include "shunt/wire/tcp_options.hh"

namespace shunt::tcp {

class Undo {
  public:
    /// `before`: congestion control as it would have gone on.
    explicit Undo(const congestion::Control& before) : before_(before) {}

    const congestion::Control& before() const { return before_; }
    /// `segment` has gone out again to repair the loss.
    void on_resent(const SentSegment& segment);
    /// SND.UNA has moved, over a segment that was sent more than once if `is_front_repeated`. True
    /// if what came first was made for a transmission before the first repetition (RFC 3522 3.2,
    /// steps 4 and 5): only the first answer can say so.
    bool on_progress(const Evidence& evidence, bool is_front_repeated);
    /// The peer has had `block` twice. True if so it has everything that was repeated.
    bool on_duplicate(const wire::SackBlock& block);

  private:
    congestion::Control before_;
    std::optional<Instant> first_resent_at_;  // RetransmitTS
    // What was repeated lies in [begin_, end_): its octets, less those reported as duplicates.
    SequenceNumber begin_;
    SequenceNumber end_;
    std::uint32_t unreported_ = 0;
    bool is_answered_ = false;
};

}  // namespace shunt::tcp
