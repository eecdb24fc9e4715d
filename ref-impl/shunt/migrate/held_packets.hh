// SPDX-License-Identifier: Apache-2.0
// Client packets that wait for a decision, an acknowledgement or a release, in arrival order
// (EP-5, EP-23). Each endpoint has its bound, and all endpoints together have one (SEC-5).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "shunt/base/packet.hh"

namespace shunt::migrate {

/// Places for held packets, shared by all endpoints of a node.
class HeldBudget {
  public:
    explicit HeldBudget(std::size_t packets) : left_(packets) {}

    [[nodiscard]] bool take() {
        if (left_ == 0) return false;
        --left_;
        return true;
    }
    void give_back(std::size_t packets) { left_ += packets; }
    std::size_t left() const { return left_; }

  private:
    std::size_t left_;
};

class HeldPackets {
  public:
    struct Limits {
        std::size_t packets = 64;
        std::size_t bytes = 96 * 1024;
    };

    /// `budget` outlives this.
    explicit HeldPackets(HeldBudget& budget) : budget_(&budget) {}
    HeldPackets(HeldPackets&& other) noexcept
        : budget_(other.budget_),
          packets_(std::exchange(other.packets_, {})),
          bytes_(std::exchange(other.bytes_, 0)) {}
    HeldPackets& operator=(HeldPackets&&) = delete;
    ~HeldPackets() { budget_->give_back(packets_.size()); }

    /// Keeps the packet at the end. False if a limit is reached: then one is not kept. It is this
    /// one, unless it only acknowledges, and so does the last that is here: what that says this one
    /// says too, and a server that has moved in goes on by it at once, not after a probe.
    [[nodiscard]] bool hold(Packet packet, Limits limits) {
        const bool has_room =
            packets_.size() < limits.packets && bytes_ + packet.size() <= limits.bytes;
        if (!has_room || !budget_->take()) {
            replace_acknowledgment(std::move(packet), limits);
            return false;
        }
        bytes_ += packet.size();
        packets_.push_back(std::move(packet));
        return true;
    }

    /// All of them, oldest first; none stay.
    std::vector<Packet> take_all() {
        bytes_ = 0;
        budget_->give_back(packets_.size());
        return std::exchange(packets_, {});
    }

    const std::vector<Packet>& packets() const { return packets_; }
    bool empty() const { return packets_.empty(); }
    std::size_t bytes() const { return bytes_; }

  private:
    void replace_acknowledgment(Packet packet, Limits limits);

    HeldBudget* budget_;
    std::vector<Packet> packets_;
    std::size_t bytes_ = 0;
};

}  // namespace shunt::migrate
