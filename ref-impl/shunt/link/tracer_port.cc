// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/tracer_port.hh"

#include <utility>

namespace shunt::link {

TracerPort::TracerPort(std::unique_ptr<FramePort> inner, FrameObserver& observer)
    : inner_(std::move(inner)), observer_(observer) {}

std::optional<Packet> TracerPort::receive() {
    std::optional<Packet> frame = inner_->receive();
    if (frame) observer_.observe(Direction::Received, frame->bytes());
    return frame;
}

bool TracerPort::transmit(Packet frame) {
    observer_.observe(Direction::Sent, frame.bytes());
    return inner_->transmit(std::move(frame));
}

}  // namespace shunt::link
