// SPDX-License-Identifier: Apache-2.0
/// packet: and tap: one network interface, frames by AF_PACKET. Needs CAP_NET_RAW.
#pragma once

#include <string>

#include "attach/descriptor.hh"
#include "attach/wall.hh"

namespace conform {

class PacketPort : public WallPort {
  public:
    /// Throws UsageError where the interface or the privilege is missing.
    PacketPort(const std::string& interface, Link link);

    int descriptor() const override { return descriptor_.number(); }
    bool carries(Link link) const override { return link == link_; }
    void send(Link link, ByteView frame) override;
    /// Without the frames that this host sends. A transport checksum that the device left to the
    /// hardware (virtio NEEDS_CSUM) is completed, as the hardware would.
    std::optional<LinkFrame> receive() override;
    std::chrono::nanoseconds arrival() const override { return arrival_; }
    /// Frames of the judge's that found the queue full count as well.
    std::uint64_t take_dropped() override;

  private:
    Descriptor descriptor_;
    std::string interface_;
    Link link_;
    Bytes buffer_;  ///< for the longest frame
    std::uint64_t unsent_ = 0;
    std::chrono::nanoseconds arrival_{};
};

/// Puts the right checksum into an IPv4 TCP or UDP frame whose checksum was left to the hardware.
void complete_checksum(Bytes& frame);

}  // namespace conform
