// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/virtual_node.hh"

#include <utility>

namespace shunt::app {

void VirtualNode::handle_frame(link::LinkId link, Packet frame, Instant now) {
    host_.node().handle_frame(link, std::move(frame), now);
}

std::optional<link::OutgoingFrame> VirtualNode::poll_transmit(Instant now) {
    while (auto outgoing = host_.node().poll_transmit(now)) {
        if (tester_.carries(outgoing->link)) return outgoing;
        host_.device_counters().add(Counter::DropDeviceFull);
    }
    return std::nullopt;
}

std::optional<std::string> VirtualNode::poll_answer() {
    auto answer = control_.poll_answer();
    if (!answer) return std::nullopt;
    return std::move(answer->line);
}

}  // namespace shunt::app
