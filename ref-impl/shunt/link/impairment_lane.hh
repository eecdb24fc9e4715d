// SPDX-License-Identifier: Apache-2.0
// One direction of an impaired path in time: faults of chance, faults of named segments, a rate
// with a queue, delay. Frames and the time go in, frames come out when they are due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/link/fault_lane.hh"
#include "shunt/link/segment_inspector.hh"

namespace shunt::link {

/// The default is a perfect path.
struct ImpairmentPlan {
    /// Frames that come `late_by` after their time, so that others overtake them. Here and not as
    /// FaultPlan::reordering, for which somebody has to say that no further frame comes.
    Ratio late{};
    Ratio loss{};
    Ratio repetition{};
    /// One bit of the frame is flipped.
    Ratio corruption{};
    /// Frames of ECN-capable transports that get "congestion experienced".
    Ratio marking{};
    /// Of all TCP segments with text, retransmissions too, counted from 1: those that are lost, and
    /// those that are late.
    std::vector<std::uint64_t> dropped{};
    std::vector<std::uint64_t> held{};
    Duration late_by = Duration::milliseconds(2);
    Duration delay{};
    /// Added to the delay, evenly from nothing to this, for each frame by itself: so they change
    /// places.
    Duration jitter{};
    /// Bits per second of frames from their Ethernet header on; 0: as fast as they come.
    std::uint64_t rate = 0;
    /// Frames that wait for their turn under a rate; what comes then is lost.
    std::size_t queue = 1'000;
};

struct ImpairmentCounts {
    std::uint64_t arrived = 0;
    std::uint64_t delivered = 0;
    /// TCP segments with text that have arrived.
    std::uint64_t with_text = 0;
    std::uint64_t dropped = 0;
    std::uint64_t lost = 0;
    std::uint64_t repeated = 0;
    std::uint64_t corrupted = 0;
    std::uint64_t late = 0;
    std::uint64_t marked = 0;
    std::uint64_t overflowed = 0;
};

class ImpairmentLane {
  public:
    /// Frames under way, whatever the plan says; more are lost.
    static constexpr std::size_t kUnderWayMax = 65'536;

    /// Pool and inspector outlive the lane.
    ImpairmentLane(const ImpairmentPlan& plan, Rng rng, PacketPool& pool,
                   const SegmentInspector& inspector);

    void push(Packet frame, Instant now);
    /// A frame whose time has come, the earliest first; call until there is none.
    std::optional<Packet> pop(Instant now);
    std::optional<Instant> poll_deadline() const;
    ImpairmentCounts counts() const;

  private:
    struct UnderWay {
        Instant due;
        std::uint64_t number = 0;  // of two that are due at once the first one is the first
        Packet frame;
    };
    static bool is_later(const UnderWay& a, const UnderWay& b);

    void send(Packet frame, bool is_held, Instant now);
    std::optional<Instant> leave(std::size_t size, Instant now);

    ImpairmentPlan plan_;
    Rng rng_;
    FaultLane faults_;
    const SegmentInspector& inspector_;
    Instant is_free_at_;
    std::deque<Instant> leaving_;      // when each frame of the queue leaves it
    std::vector<UnderWay> under_way_;  // a heap
    std::uint64_t sent_ = 0;
    ImpairmentCounts counts_;
};

}  // namespace shunt::link
