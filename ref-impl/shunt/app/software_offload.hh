// SPDX-License-Identifier: Apache-2.0
// Finishes frames as the link will, for the capture and the log.
#pragma once

#include "shunt/link/frame_finisher.hh"

namespace shunt::app {

class SoftwareOffload final : public link::FrameFinisher {
  public:
    std::vector<Packet> finish(const Packet& frame) override;

  private:
    PacketPool pool_;
};

}  // namespace shunt::app
