// SPDX-License-Identifier: Apache-2.0
// Frames on their way out, first in, first out: a ring that grows by doubling up to a bound, so
// that a frame costs no allocation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/base/packet.hh"

namespace shunt::stack {

class FrameQueue {
  public:
    static constexpr std::size_t kFramesMax = 4'096;

    /// False if the queue is full; the frame is gone then.
    [[nodiscard]] bool push(Packet frame) {
        if (size_ == kFramesMax) return false;
        if (size_ == slots_.size()) grow();
        slots_[(first_ + size_) % slots_.size()] = std::move(frame);
        ++size_;
        return true;
    }

    std::optional<Packet> pop() {
        if (size_ == 0) return std::nullopt;
        Packet frame = std::move(slots_[first_]);
        first_ = (first_ + 1) % slots_.size();
        --size_;
        return frame;
    }

    std::size_t size() const { return size_; }

  private:
    void grow() {
        std::rotate(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(first_),
                    slots_.end());
        first_ = 0;
        slots_.resize(std::max<std::size_t>(16, slots_.size() * 2));
    }

    std::vector<Packet> slots_;
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace shunt::stack
