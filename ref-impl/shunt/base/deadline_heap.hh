// SPDX-License-Identifier: Apache-2.0
// The deadlines of many numbered slots, earliest first. Arming, moving and disarming cost
// O(log armed slots); what is idle costs nothing. Equal deadlines come in slot order, so that a
// run depends on its inputs alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/time.hh"

namespace shunt {

class DeadlineHeap {
  public:
    using Slot = std::uint32_t;

    /// Arms, moves or (with nothing) disarms the slot's one deadline.
    void set(Slot slot, std::optional<Instant> deadline);
    std::optional<Instant> earliest() const {
        return heap_.empty() ? std::nullopt : std::optional(heap_.front().deadline);
    }
    /// Removes and returns the slot whose deadline is earliest, if that is at or before `now`.
    std::optional<Slot> pop_due(Instant now);
    std::size_t armed() const { return heap_.size(); }

  private:
    struct Entry {
        Instant deadline;
        Slot slot;
        bool before(const Entry& other) const {
            return deadline < other.deadline || (deadline == other.deadline && slot < other.slot);
        }
    };
    static constexpr std::uint32_t kAbsent = 0xFFFF'FFFF;

    std::uint32_t position(Slot slot) const;
    void place(std::size_t index, Entry entry);
    void sift_up(std::size_t index, Entry entry);
    void sift_down(std::size_t index, Entry entry);
    void remove_at(std::size_t index);

    std::vector<Entry> heap_;
    std::vector<std::uint32_t> position_;  // by slot: index into heap_, or kAbsent
};

}  // namespace shunt
