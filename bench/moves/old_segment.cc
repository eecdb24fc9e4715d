// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/old_segment.hh"

#include "shunt/base/packet.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::bench {

std::optional<std::vector<std::uint8_t>> make_old_segment(ByteView frame) {
    const auto link = wire::EthernetView::parse(frame);
    if (!link) return std::nullopt;
    const auto packet = wire::Ipv4View::parse(link->payload());
    if (!packet) return std::nullopt;
    const auto segment = wire::TcpView::parse(*packet);
    if (!segment) return std::nullopt;
    PacketPool pool;
    Packet made = pool.take();
    wire::TcpHeader header;
    header.source_port = segment->source_port();
    header.destination_port = segment->destination_port();
    header.sequence = segment->sequence() + segment->segment_length() - 1;
    header.acknowledgment = segment->acknowledgment();
    header.flags.acknowledgment = true;
    header.window = segment->window();
    header.options.timestamps = segment->options().timestamps;
    header.prepend_to(made, packet->source(), packet->destination());
    wire::Ipv4Header internet;
    internet.dont_fragment = true;
    internet.source = packet->source();
    internet.destination = packet->destination();
    internet.prepend_to(made);
    wire::EthernetHeader{link->destination(), link->source(), wire::kEtherTypeIpv4}.prepend_to(
        made);
    return std::vector<std::uint8_t>(made.bytes().begin(), made.bytes().end());
}

}  // namespace shunt::bench
