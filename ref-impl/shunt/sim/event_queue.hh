// SPDX-License-Identifier: Apache-2.0
// Deliveries that are still to come, in order of their time; equal times in order of insertion, so
// that a run depends on its seed alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/link/frame_port.hh"
#include "shunt/sim/ids.hh"

namespace shunt::sim {

/// A frame on its way to one host.
struct Delivery {
    Instant time;
    SegmentId segment{};
    HostId from{};
    HostId to{};
    /// By which the receiver knows the segment.
    link::LinkId link{};
    Packet frame;
};

class EventQueue {
  public:
    void push(Delivery delivery);
    /// When the next one is due.
    std::optional<Instant> earliest() const {
        if (heap_.empty()) return std::nullopt;
        return heap_.front().time;
    }
    /// Removes and returns the next one; the queue is not empty.
    Delivery pop();
    std::size_t size() const { return heap_.size(); }

  private:
    // The heap moves small entries; the deliveries stay in their slots.
    struct Entry {
        Instant time;
        std::uint64_t number = 0;
        std::uint32_t slot = 0;
        bool after(const Entry& other) const {
            return time > other.time || (time == other.time && number > other.number);
        }
    };

    std::vector<Entry> heap_;
    std::vector<Delivery> slots_;
    std::vector<std::uint32_t> free_slots_;
    std::uint64_t inserted_ = 0;
};

}  // namespace shunt::sim
