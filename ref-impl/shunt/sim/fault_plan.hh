// SPDX-License-Identifier: Apache-2.0
// What a segment does to the frames that cross it: seeded chance as fractions of integers, and
// explicit orders ("drop segments 3 and 4", "delay the second SYN").
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/frame_pattern.hh"

namespace shunt::sim {

/// What is done to the frames that an order is about.
enum class OrderAction : std::uint8_t {
    Drop,
    Delay,      ///< By FrameOrder::delay, behind frames that are sent later.
    Corrupt,    ///< As chance does it: FaultPlan::corruption.
    Duplicate,  ///< A second copy arrives with the first.
};

/// Is about the frames that match the pattern and whose number among those is in the range; numbers
/// begin at 1 and count transmissions, before any chance.
struct FrameOrder {
    FramePattern pattern;
    std::uint64_t first = 1;
    std::uint64_t last = 1;
    OrderAction action = OrderAction::Drop;
    Duration delay{};
};

/// The default is a perfect link without delay. Jitter alone keeps the order of frames between two
/// hosts; a reordered frame comes later by up to `reordering_delay_max`, so that others overtake
/// it. A repeated frame is reordered, or not, by a draw of its own.
struct FaultPlan {
    Ratio loss{};
    Ratio repetition{};
    Ratio reordering{};
    Duration reordering_delay_max{};
    /// Bits of one byte behind the Ethernet header are flipped: a defect that the Internet checksum
    /// always sees. Frames without a checksum of their own (ARP) are lost instead, as Ethernet's
    /// frame check sequence would have it.
    Ratio corruption{};
    /// An IPv4 packet that may be marked arrives as Congestion Experienced (RFC 3168 5).
    Ratio marking{};
    Duration delay{};
    Duration jitter_max{};
    /// Bytes per second in each direction between two hosts, Ethernet header included; 0: no limit.
    std::uint64_t rate = 0;
    /// Bytes that wait for their turn at that rate, at most; what comes on top is dropped.
    std::size_t queue_max = 64 * 1'024;
    std::vector<FrameOrder> orders;

    /// The same link without its defects: delay, rate and queue stay.
    FaultPlan healed() const {
        FaultPlan plan = *this;
        plan.loss = plan.repetition = plan.reordering = plan.corruption = Ratio{};
        plan.marking = Ratio{};
        plan.orders.clear();
        return plan;
    }
};

/// What the faults did.
struct FaultCounts {
    std::uint64_t lost = 0;
    std::uint64_t repeated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t corrupted = 0;
    std::uint64_t marked = 0;
    std::uint64_t queue_full = 0;
    /// Sent into a lane that is cut, or to a host that is down.
    std::uint64_t cut = 0;
    std::uint64_t host_down = 0;
    std::uint64_t dropped_by_order = 0;

    bool operator==(const FaultCounts&) const = default;
};

}  // namespace shunt::sim
