// SPDX-License-Identifier: Apache-2.0
// A port that behaves like a bad link in both directions, reproducibly from a seed.
#pragma once

#include <cstdint>
#include <memory>

#include "shunt/link/fault_lane.hh"
#include "shunt/link/frame_port.hh"

namespace shunt::link {

class FaultPort : public FramePort {
  public:
    struct Config {
        FaultPlan received;
        FaultPlan sent;
        std::uint64_t seed = 0;
    };
    /// Frames lost in a row before receive() says "nothing now", so that total loss cannot spin.
    static constexpr std::size_t kLostInARowMax = 256;

    FaultPort(std::unique_ptr<FramePort> inner, const Config& config, PacketPool& pool);

    /// When the device is empty, frames that wait to be overtaken go on, in both directions.
    std::optional<Packet> receive() override;
    bool transmit(Packet frame) override;
    std::size_t mtu() const override { return inner_->mtu(); }
    std::size_t train_max() const override { return inner_->train_max(); }

    const FaultCounts& received_counts() const { return received_.counts(); }
    const FaultCounts& sent_counts() const { return sent_.counts(); }

  private:
    FaultPort(std::unique_ptr<FramePort> inner, const Config& config, PacketPool& pool, Rng rng);
    bool drain_sent();

    std::unique_ptr<FramePort> inner_;
    FaultLane received_;
    FaultLane sent_;
};

}  // namespace shunt::link
