// SPDX-License-Identifier: Apache-2.0
// One direction between two hosts of a segment: decides when a frame arrives, if it does, how often
// and how well. Every lane has a generator of its own, so that traffic elsewhere does not shift its
// draws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/fault_plan.hh"

namespace shunt::sim {

/// What explicit orders say of one frame.
struct OrderedFate {
    bool is_dropped = false;
    bool is_corrupted = false;
    bool is_duplicated = false;
    Duration delay{};
};

class Lane {
  public:
    /// Whether frames pass at all.
    enum class Passage : std::uint8_t {
        Open,
        Clogged,  ///< Frames wait in the lane until it opens.
        Cut,      ///< Frames are lost: a partition in one direction.
    };
    struct Copy {
        Instant arrival;
        bool is_corrupted = false;
        /// If it may be.
        bool is_marked = false;
    };
    /// The copies of one frame that arrive.
    struct Fate {
        static constexpr std::size_t kCopiesMax = 3;
        std::array<Copy, kCopiesMax> copies{};
        std::size_t count = 0;
    };

    explicit Lane(Rng rng) : rng_(rng) {}

    /// What becomes of a frame of `size` bytes sent at `now`; what the faults did is added to
    /// `counts`. The lane is open.
    Fate pass(const FaultPlan& plan, const OrderedFate& ordered, std::size_t size, Instant now,
              FaultCounts& counts);
    /// Flips bits of one byte behind the Ethernet header; the frame has one.
    void corrupt(MutableBytes frame);

    Passage passage() const { return passage_; }
    void set_passage(Passage passage) { passage_ = passage; }
    /// Keeps a frame that was sent into the clogged lane. False: as many as it takes are there.
    bool keep(Packet frame);
    /// What was kept, in order of sending; the lane has none then.
    std::vector<Packet> take_kept();

  private:
    static constexpr std::size_t kKeptMax = 1'024;

    bool has_queue_room(const FaultPlan& plan, std::size_t size, Instant now);
    Copy arrive(const FaultPlan& plan, const OrderedFate& ordered, Instant now,
                FaultCounts& counts);
    Duration up_to(Duration limit);

    Rng rng_;
    Instant latest_in_order_{};
    /// When the last byte of what was sent has left at the plan's rate.
    Instant busy_until_{};
    Passage passage_ = Passage::Open;
    std::vector<Packet> kept_;
};

}  // namespace shunt::sim
