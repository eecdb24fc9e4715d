// SPDX-License-Identifier: Apache-2.0
/// Control frames out of the segments of control channels that pass by, in either direction, each
/// from the handshake on: for who looks on and acknowledges nothing.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "pdu/control_frame.hh"
#include "pdu/frame.hh"

namespace conform {

/// A segment of a control channel, by its ports.
bool is_of_control_channel(const TcpSegment& segment);

class ControlStreams {
  public:
    /// The frames that this segment has completed. One whose bytes are wrong is none.
    std::vector<ControlFrame> add(const Frame& frame);

  private:
    /// One direction of one connection.
    struct Direction {
        std::uint32_t next = 0;
        std::map<std::uint32_t, Bytes> ahead{};  ///< by how far it is behind the first number
        std::uint32_t first = 0;
        ControlFrameReader reader{};
    };

    std::map<std::pair<SocketAddress, SocketAddress>, Direction> directions_;
};

}  // namespace conform
