// SPDX-License-Identifier: Apache-2.0
// Who knows what a wire carries of a frame that a link's offload finishes: for those who look on.
#pragma once

#include <vector>

#include "shunt/base/packet.hh"

namespace shunt::link {

class FrameFinisher {
  public:
    FrameFinisher() = default;
    FrameFinisher(const FrameFinisher&) = delete;
    FrameFinisher& operator=(const FrameFinisher&) = delete;
    virtual ~FrameFinisher() = default;

    /// The frames that come of an unfinished one, first one first.
    virtual std::vector<Packet> finish(const Packet& frame) = 0;
};

}  // namespace shunt::link
