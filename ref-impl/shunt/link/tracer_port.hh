// SPDX-License-Identifier: Apache-2.0
// A port that shows every frame to an observer, which may print a line or count.
#pragma once

#include <memory>

#include "shunt/link/frame_finisher.hh"
#include "shunt/link/frame_observer.hh"
#include "shunt/link/frame_port.hh"

namespace shunt::link {

class TracerPort : public FramePort {
  public:
    /// Unfinished frames are shown as `finisher` makes them. Both references outlive the port.
    TracerPort(std::unique_ptr<FramePort> inner, FrameObserver& observer, FrameFinisher& finisher);

    std::optional<Packet> receive() override;
    /// Shown before it is handed down, whether or not the device then takes it.
    bool transmit(Packet frame) override;
    std::size_t mtu() const override { return inner_->mtu(); }
    std::size_t train_max() const override { return inner_->train_max(); }

  private:
    void show(Direction direction, const Packet& frame);

    std::unique_ptr<FramePort> inner_;
    FrameObserver& observer_;
    FrameFinisher& finisher_;
};

}  // namespace shunt::link
