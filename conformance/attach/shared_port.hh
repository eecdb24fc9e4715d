// SPDX-License-Identifier: Apache-2.0
/// One interface that is both links of a device: each frame says by its addresses which it is of.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "attach/wall.hh"

namespace conform {

/// The link that a frame of the device is of.
using LinkOf = std::function<Link(ByteView)>;

class SharedPort : public WallPort {
  public:
    SharedPort(std::unique_ptr<WallPort> port, LinkOf link_of)
        : port_(std::move(port)), link_of_(std::move(link_of)) {}

    int descriptor() const override { return port_->descriptor(); }
    bool carries(Link) const override { return true; }
    void send(Link link, ByteView frame) override { port_->send(link, frame); }
    std::chrono::nanoseconds arrival() const override { return port_->arrival(); }
    std::uint64_t take_dropped() override { return port_->take_dropped(); }
    std::optional<LinkFrame> receive() override {
        std::optional<LinkFrame> frame = port_->receive();
        if (frame) frame->link = link_of_(frame->bytes);
        return frame;
    }

  private:
    std::unique_ptr<WallPort> port_;
    LinkOf link_of_;
};

}  // namespace conform
