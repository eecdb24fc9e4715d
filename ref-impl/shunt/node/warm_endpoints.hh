// SPDX-License-Identifier: Apache-2.0
// Endpoints that keep the memory of their empty buffers, because something happened on them lately:
// a segment on one of them takes no memory, and those that fell silent hold none (TCP-16). Who is
// pushed out is found by the clock algorithm: a hand goes round and passes over what was used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/deadline_heap.hh"

namespace shunt::node {

class WarmEndpoints {
  public:
    using Slot = DeadlineHeap::Slot;

    explicit WarmEndpoints(std::size_t capacity) : capacity_(capacity) {}

    /// Something happened on the endpoint in `slot`. Returns the slot that has to give its memory
    /// back in exchange, if there is one; its endpoint may be gone by now.
    [[nodiscard]] std::optional<Slot> touch(Slot slot);

  private:
    enum class Standing : std::uint8_t { Cold, Warm, UsedAgain };

    std::size_t capacity_;
    std::vector<Slot> warm_;  // a ring once it is full
    std::size_t hand_ = 0;
    std::vector<Standing> standings_;  // by slot
};

}  // namespace shunt::node
