// SPDX-License-Identifier: Apache-2.0
/// The frames of control channels in a capture as JSON: every field under the name that
/// docs/pcaps.md gives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "engine/bytes.hh"
#include "pdu/address.hh"
#include "pdu/control_frame.hh"

namespace conform {

class ControlFields {
  public:
    /// The line of the frame with this number, `bytes` from the Ethernet header on: absent unless
    /// it is a segment of a control channel that completes frames of it, or breaks its format
    /// (CTL-5). For every frame of a capture, in its order.
    std::optional<std::string> read(std::size_t number, ByteView bytes);

  private:
    /// What one end says to the other.
    struct Direction {
        ControlFrameReader frames{};
        std::uint32_t next_sequence = 0;
        bool has_begun = false;
        bool is_over = false;  ///< its format is broken
    };

    std::map<std::pair<SocketAddress, SocketAddress>, Direction> directions_;
};

}  // namespace conform
