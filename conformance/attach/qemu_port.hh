// SPDX-License-Identifier: Apache-2.0
/// qemu: one link of a virtual machine, frames as QEMU's `-netdev stream` sends them: a length of
/// 32 bits, big-endian, then the frame.
#pragma once

#include <string>

#include "attach/descriptor.hh"
#include "attach/wall.hh"

namespace conform {

class QemuPort : public WallPort {
  public:
    /// What IPv4 can say, behind an Ethernet header and a VLAN tag.
    static constexpr std::size_t kFrameSizeMax = 65'535 + 14 + 4;

    /// `connected` is non-blocking. `path` for messages.
    QemuPort(Descriptor connected, std::string path, Link link)
        : descriptor_(std::move(connected)), path_(std::move(path)), link_(link) {}

    int descriptor() const override { return descriptor_.number(); }
    bool carries(Link link) const override { return link == link_; }
    /// Whole, or not at all. Takes in what comes meanwhile, so that two sides that both send do not
    /// lock each other. Throws DeviceHangs if the device takes nothing for 10 s, DeviceGone.
    void send(Link link, ByteView frame) override;
    /// Throws DeviceMisbehaves for a length that no frame has, DeviceGone.
    std::optional<LinkFrame> receive() override;

  private:
    void take_in();
    void await_room();

    Descriptor descriptor_;
    std::string path_;
    Link link_;
    Bytes begun_;            ///< what has come and was not handed out yet
    std::size_t given_ = 0;  ///< of it, at its front, has been handed out
    bool has_ended_ = false;
};

}  // namespace conform
