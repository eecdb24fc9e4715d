// SPDX-License-Identifier: Apache-2.0
// What a segment does to the frames that cross it: seeded chance as fractions of integers, and
// explicit orders ("drop the third SYN").
#pragma once

#include <cstdint>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/frame_pattern.hh"

namespace shunt::sim {

/// Drops the frames that match the pattern and whose number among those is in the range; numbers
/// begin at 1 and count transmissions, before any chance.
struct DropOrder {
    FramePattern pattern;
    std::uint64_t first = 1;
    std::uint64_t last = 1;
};

/// The default is a perfect link without delay. Jitter alone keeps the order of frames between two
/// hosts; a reordered frame comes later by up to `reordering_delay_max`, so that others overtake
/// it. A repeated frame is reordered, or not, by a draw of its own.
struct FaultPlan {
    Ratio loss{};
    Ratio repetition{};
    Ratio reordering{};
    Duration reordering_delay_max{};
    Duration delay{};
    Duration jitter_max{};
    std::vector<DropOrder> drops;
};

/// What the faults did.
struct FaultCounts {
    std::uint64_t lost = 0;
    std::uint64_t repeated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t dropped_by_order = 0;
};

}  // namespace shunt::sim
