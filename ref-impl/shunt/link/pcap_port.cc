// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/pcap_port.hh"

#include <utility>

namespace shunt::link {

PcapPort::PcapPort(std::unique_ptr<FramePort> inner, PcapngWriter& writer, std::uint32_t interface)
    : inner_(std::move(inner)), writer_(writer), interface_(interface) {}

std::optional<Packet> PcapPort::receive() {
    std::optional<Packet> frame = inner_->receive();
    if (frame) writer_.write_packet(interface_, now_, Direction::Received, frame->bytes());
    return frame;
}

bool PcapPort::transmit(Packet frame) {
    writer_.write_packet(interface_, now_, Direction::Sent, frame.bytes());
    return inner_->transmit(std::move(frame));
}

}  // namespace shunt::link
