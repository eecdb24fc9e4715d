// SPDX-License-Identifier: Apache-2.0
// One direction of a bad link: frames go in, and come out lost, repeated, out of order or with a
// flipped bit, as the seed decides.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"

namespace shunt::link {

/// How often each fault happens; the default is a perfect link.
struct FaultPlan {
    Ratio loss{};
    Ratio duplication{};
    /// The frame is overtaken by the next one that is not lost.
    Ratio reordering{};
    /// One bit, anywhere in the frame, is flipped.
    Ratio corruption{};
};

struct FaultCounts {
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t corrupted = 0;
};

class FaultLane {
  public:
    /// Copies of duplicated frames come from `pool`, which outlives the lane.
    FaultLane(const FaultPlan& plan, Rng rng, PacketPool& pool);

    void push(Packet frame);
    std::optional<Packet> pop();
    /// Lets a frame go that still waits to be overtaken.
    void flush();
    const FaultCounts& counts() const { return counts_; }

  private:
    void flip_one_bit(Packet& frame);

    FaultPlan plan_;
    Rng rng_;
    PacketPool& pool_;
    std::optional<Packet> held_;
    std::deque<Packet> ready_;
    FaultCounts counts_;
};

}  // namespace shunt::link
