// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/crash/channel_cutter.hh"

#include "shunt/wire/control_frame.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {

bool ChannelCutter::lets_through(ByteView frame, Instant now, bool is_in) {
    const auto ethernet = wire::EthernetView::parse(frame);
    if (!ethernet || ethernet->type() != wire::kEtherTypeIpv4) return true;
    const auto packet = wire::Ipv4View::parse(ethernet->payload());
    if (!packet || packet->protocol() != wire::IpProtocol::Tcp || packet->is_fragment())
        return true;
    const auto segment = wire::TcpView::parse(*packet);
    const bool is_control = segment && (segment->source_port() == wire::kControlPort ||
                                        segment->destination_port() == wire::kControlPort);
    if (!is_control) return true;
    if (now < silent_until_) return false;
    Direction& direction = directions_[{{packet->source(), segment->source_port()},
                                        {packet->destination(), segment->destination_port()}}];
    const SequenceNumber end = segment->sequence() + segment->segment_length();
    const bool is_new = segment->flags().syn || end.after(direction.next);
    if (is_new) direction = {is_in, ethernet->source(), ethernet->destination(), end};
    return true;
}

ChannelCutter::Resets ChannelCutter::end_all() {
    Resets resets;
    for (const auto& [ends, direction] : directions_) {
        const auto& [from, to] = ends;
        Packet packet = pool_.take();
        wire::TcpHeader tcp;
        tcp.source_port = from.port;
        tcp.destination_port = to.port;
        tcp.sequence = direction.next;
        tcp.flags.reset = true;
        tcp.prepend_to(packet, from.address, to.address);
        wire::Ipv4Header ip;
        ip.source = from.address;
        ip.destination = to.address;
        ip.prepend_to(packet);
        wire::EthernetHeader{direction.destination, direction.source, wire::kEtherTypeIpv4}
            .prepend_to(packet);
        (direction.is_in ? resets.in : resets.out).push_back(std::move(packet));
    }
    directions_.clear();
    return resets;
}

}  // namespace shunt::sim
