// SPDX-License-Identifier: Apache-2.0
// Client packets that wait for a decision, an acknowledgement or a release, in arrival order
// (EP-5, EP-23).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "shunt/base/packet.hh"

namespace shunt::migrate {

class HeldPackets {
  public:
    struct Limits {
        std::size_t packets = 64;
        std::size_t bytes = 96 * 1024;
    };

    /// Keeps the packet at the end. False if a limit is reached: then it is not kept.
    [[nodiscard]] bool hold(Packet packet, Limits limits) {
        if (packets_.size() >= limits.packets || bytes_ + packet.size() > limits.bytes)
            return false;
        bytes_ += packet.size();
        packets_.push_back(std::move(packet));
        return true;
    }

    /// All of them, oldest first; none stay.
    std::vector<Packet> take_all() {
        bytes_ = 0;
        return std::exchange(packets_, {});
    }

    const std::vector<Packet>& packets() const { return packets_; }
    bool empty() const { return packets_.empty(); }
    std::size_t bytes() const { return bytes_; }

  private:
    std::vector<Packet> packets_;
    std::size_t bytes_ = 0;
};

}  // namespace shunt::migrate
