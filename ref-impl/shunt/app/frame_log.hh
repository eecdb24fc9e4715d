// SPDX-License-Identifier: Apache-2.0
// Every frame of a link as one line of the log, at level trace.
#pragma once

#include <cstdint>
#include <string_view>

#include "shunt/link/frame_observer.hh"
#include "shunt/link/frame_port.hh"

namespace shunt::app {

/// "front", "back".
std::string_view link_name(link::LinkId link);

class FrameLog final : public link::FrameObserver {
  public:
    /// `encapsulation_type` is the farm's Type value (FRM-2).
    FrameLog(link::LinkId link, std::uint16_t encapsulation_type)
        : link_(link), encapsulation_type_(encapsulation_type) {}

    void observe(link::Direction direction, ByteView frame) override;

  private:
    link::LinkId link_;
    std::uint16_t encapsulation_type_;
};

}  // namespace shunt::app
