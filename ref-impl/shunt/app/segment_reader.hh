// SPDX-License-Identifier: Apache-2.0
// Reads and marks the TCP/IPv4 in frames for an impaired path.
#pragma once

#include "shunt/link/segment_inspector.hh"

namespace shunt::app {

class SegmentReader final : public link::SegmentInspector {
  public:
    bool has_text(ByteView frame) const override;
    bool mark_congestion(Packet& frame) const override;
};

}  // namespace shunt::app
