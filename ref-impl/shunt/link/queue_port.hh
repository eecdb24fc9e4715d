// SPDX-License-Identifier: Apache-2.0
// A port in memory: one side sends and receives, the other side is filled and emptied by hand.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "shunt/link/frame_port.hh"

namespace shunt::link {

class QueuePort : public FramePort {
  public:
    /// Frames that each direction holds, as a network interface's queue does.
    static constexpr std::size_t kDepthMax = 1'024;

    explicit QueuePort(std::size_t mtu = 1'500) : mtu_(mtu) {}

    std::optional<Packet> receive() override { return take(arrived_); }
    bool transmit(Packet frame) override { return put(sent_, std::move(frame)); }
    std::size_t mtu() const override { return mtu_; }

    /// The far side: lets a frame arrive (false: the queue is full), takes one that was sent.
    bool arrive(Packet frame) { return put(arrived_, std::move(frame)); }
    std::optional<Packet> take_sent() { return take(sent_); }

  private:
    static bool put(std::deque<Packet>& queue, Packet frame) {
        if (queue.size() >= kDepthMax) return false;
        queue.push_back(std::move(frame));
        return true;
    }
    static std::optional<Packet> take(std::deque<Packet>& queue) {
        if (queue.empty()) return std::nullopt;
        Packet frame = std::move(queue.front());
        queue.pop_front();
        return frame;
    }

    std::size_t mtu_;
    std::deque<Packet> arrived_;
    std::deque<Packet> sent_;
};

}  // namespace shunt::link
