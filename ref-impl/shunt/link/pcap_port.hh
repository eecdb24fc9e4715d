// SPDX-License-Identifier: Apache-2.0
// A port that records every frame as one interface of a pcapng capture.
#pragma once

#include <cstdint>
#include <memory>

#include "shunt/base/time.hh"
#include "shunt/link/frame_finisher.hh"
#include "shunt/link/frame_port.hh"
#include "shunt/link/pcapng_writer.hh"

namespace shunt::link {

class PcapPort : public FramePort {
  public:
    /// Several ports may share one writer, each with an interface of its own, so that one file
    /// shows both links in order. Unfinished frames are recorded as `finisher` makes them. All
    /// references outlive the port.
    PcapPort(std::unique_ptr<FramePort> inner, PcapngWriter& writer, std::uint32_t interface,
             FrameFinisher& finisher);

    /// The time that frames are stamped with from now on; a port cannot ask for it.
    void set_time(Instant now) { now_ = now; }

    std::optional<Packet> receive() override;
    bool transmit(Packet frame) override;
    std::size_t mtu() const override { return inner_->mtu(); }
    std::size_t train_max() const override { return inner_->train_max(); }

  private:
    void record(Direction direction, const Packet& frame);

    std::unique_ptr<FramePort> inner_;
    PcapngWriter& writer_;
    std::uint32_t interface_;
    FrameFinisher& finisher_;
    Instant now_;
};

}  // namespace shunt::link
