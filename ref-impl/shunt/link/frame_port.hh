// SPDX-License-Identifier: Apache-2.0
// The abstract device: what carries Ethernet frames to and from one link, and the two links of a
// server (front and back, docs/protocol/system.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/packet.hh"

namespace shunt::link {

/// Front (LAN A): clients and servers. Back (LAN B): servers only. The values are those of the
/// unix attachment (docs/interfaces.md).
enum class LinkId : std::uint8_t { Front = 0, Back = 1 };

inline constexpr std::size_t kLinkCount = 2;

/// A frame, from its Ethernet header on, and the link that it leaves on.
struct OutgoingFrame {
    LinkId link = LinkId::Front;
    Packet frame;
};

/// A device that never blocks. Devices wrap devices: capture, faults, tracing.
class FramePort {
  public:
    FramePort() = default;
    FramePort(const FramePort&) = delete;
    FramePort& operator=(const FramePort&) = delete;
    virtual ~FramePort() = default;

    /// The next frame that has arrived, from its Ethernet header on; nothing if none waits.
    virtual std::optional<Packet> receive() = 0;
    /// Sends a frame. False: the device had no room and the frame is lost, as on a real link.
    virtual bool transmit(Packet frame) = 0;
    /// Largest IP packet in bytes (behind the Ethernet header) that the link carries.
    virtual std::size_t mtu() const = 0;
    /// Longest IP packet in bytes that is sent unfinished: the link cuts it into segments and
    /// completes checksums. It may hand over such ones, too. 0: it does neither.
    virtual std::size_t train_max() const { return 0; }
};

}  // namespace shunt::link
