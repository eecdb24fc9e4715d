// SPDX-License-Identifier: Apache-2.0
// What an impairment has to know of the TCP/IPv4 in a frame: a link itself knows frames alone.
#pragma once

#include "shunt/base/packet.hh"

namespace shunt::link {

class SegmentInspector {
  public:
    SegmentInspector() = default;
    SegmentInspector(const SegmentInspector&) = delete;
    SegmentInspector& operator=(const SegmentInspector&) = delete;
    virtual ~SegmentInspector() = default;

    /// True if the frame is a TCP segment with text, so that handshakes and acknowledgments do not
    /// count where "the third segment" is meant.
    virtual bool has_text(ByteView frame) const = 0;
    /// Says "congestion experienced" as a router does (RFC 3168 5), checksum included. False: the
    /// sender's transport does not take part, and the frame is as it was.
    virtual bool mark_congestion(Packet& frame) const = 0;
};

}  // namespace shunt::link
