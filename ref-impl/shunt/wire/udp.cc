// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/udp.hh"

namespace shunt::wire {

Result<UdpView, Counter> UdpView::parse(const Ipv4View& packet) {
    if (packet.protocol() != IpProtocol::Udp) return Failure{Counter::DropIpv4Protocol};
    if (packet.is_fragment()) return Failure{Counter::DropIpv4Fragment};
    const ByteView payload = packet.payload();
    if (payload.size() < kUdpHeaderSize) return Failure{Counter::DropUdpTruncated};
    const std::size_t length = load_u16(payload, 4);
    if (length < kUdpHeaderSize || length > payload.size()) return Failure{Counter::DropUdpLength};
    const ByteView datagram = payload.first(length);
    if (load_u16(datagram, 6) != 0) {
        ChecksumAccumulator sum =
            pseudo_header_sum(packet.source(), packet.destination(), IpProtocol::Udp, length);
        sum.add(datagram);
        if (sum.sum() != 0xFFFF) return Failure{Counter::DropUdpChecksum};
    }
    return UdpView(datagram);
}

void UdpHeader::prepend_to(Packet& packet, Ipv4Address source, Ipv4Address destination) const {
    const MutableBytes header = packet.prepend(kUdpHeaderSize);
    SHUNT_ASSERT(packet.size() <= 0xFFFF, "senders keep to the MTU");
    store_u16(header, 0, source_port);
    store_u16(header, 2, destination_port);
    store_u16(header, 4, static_cast<std::uint16_t>(packet.size()));
    store_u16(header, 6, 0);
    ChecksumAccumulator sum =
        pseudo_header_sum(source, destination, IpProtocol::Udp, packet.size());
    sum.add(packet.bytes());
    // Zero on the wire says "no checksum"; its other form is sent instead (RFC 768).
    store_u16(header, 6, sum.checksum() == 0 ? std::uint16_t{0xFFFF} : sum.checksum());
}

}  // namespace shunt::wire
