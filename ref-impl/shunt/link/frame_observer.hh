// SPDX-License-Identifier: Apache-2.0
// Who looks at the frames of a port without taking part.
#pragma once

#include <cstdint>

#include "shunt/base/bytes.hh"

namespace shunt::link {

/// As the port's owner sees it.
enum class Direction : std::uint8_t { Received, Sent };

class FrameObserver {
  public:
    FrameObserver() = default;
    FrameObserver(const FrameObserver&) = delete;
    FrameObserver& operator=(const FrameObserver&) = delete;
    virtual ~FrameObserver() = default;

    /// A frame, from its Ethernet header on, that has come from or is about to go to the device.
    virtual void observe(Direction direction, ByteView frame) = 0;
};

}  // namespace shunt::link
