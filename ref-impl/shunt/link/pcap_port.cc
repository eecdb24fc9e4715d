// SPDX-License-Identifier: Apache-2.0
#include "shunt/link/pcap_port.hh"

#include <utility>

namespace shunt::link {

PcapPort::PcapPort(std::unique_ptr<FramePort> inner, PcapngWriter& writer, std::uint32_t interface,
                   FrameFinisher& finisher)
    : inner_(std::move(inner)), writer_(writer), interface_(interface), finisher_(finisher) {}

std::optional<Packet> PcapPort::receive() {
    std::optional<Packet> frame = inner_->receive();
    if (frame) record(Direction::Received, *frame);
    return frame;
}

bool PcapPort::transmit(Packet frame) {
    record(Direction::Sent, frame);
    return inner_->transmit(std::move(frame));
}

void PcapPort::record(Direction direction, const Packet& frame) {
    if (!frame.unfinished().any())
        return writer_.write_packet(interface_, now_, direction, frame.bytes());
    for (const Packet& finished : finisher_.finish(frame))
        writer_.write_packet(interface_, now_, direction, finished.bytes());
}

}  // namespace shunt::link
