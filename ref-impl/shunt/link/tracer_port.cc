// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/tracer_port.hh"

#include <utility>

namespace shunt::link {

TracerPort::TracerPort(std::unique_ptr<FramePort> inner, FrameObserver& observer,
                       FrameFinisher& finisher)
    : inner_(std::move(inner)), observer_(observer), finisher_(finisher) {}

std::optional<Packet> TracerPort::receive() {
    std::optional<Packet> frame = inner_->receive();
    if (frame) show(Direction::Received, *frame);
    return frame;
}

bool TracerPort::transmit(Packet frame) {
    show(Direction::Sent, frame);
    return inner_->transmit(std::move(frame));
}

void TracerPort::show(Direction direction, const Packet& frame) {
    if (!frame.unfinished().any()) return observer_.observe(direction, frame.bytes());
    for (const Packet& finished : finisher_.finish(frame))
        observer_.observe(direction, finished.bytes());
}

}  // namespace shunt::link
