// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/tcp_header.hh"

#include "shunt/base/mutant.hh"

namespace shunt::wire {
Result<TcpView, Counter> TcpView::parse(const Ipv4View& packet, ChecksumField field) {
    if (packet.protocol() != IpProtocol::Tcp) return Failure{Counter::DropIpv4Protocol};
    if (packet.is_fragment()) return Failure{Counter::DropIpv4Fragment};
    const ByteView segment = packet.payload();
    if (segment.size() < kTcpHeaderSize) return Failure{Counter::DropTcpTruncated};
    const std::size_t header_size = std::size_t{segment[12]} / 16 * 4;
    if (header_size < kTcpHeaderSize || header_size > segment.size()) {
        return Failure{Counter::DropTcpDataOffset};
    }
    if (field == ChecksumField::Partial) return TcpView(segment, packet.ecn());
    ChecksumAccumulator sum =
        pseudo_header_sum(packet.source(), packet.destination(), IpProtocol::Tcp, segment.size());
    sum.add(segment);
    if (sum.sum() != 0xFFFF && !is_mutant(Mutant::IgnoresTcpChecksum))
        return Failure{Counter::DropTcpChecksum};
    return TcpView(segment, packet.ecn());
}

std::uint32_t TcpView::segment_length() const {
    const TcpFlags control = flags();
    return static_cast<std::uint32_t>(payload().size()) + (control.syn ? 1 : 0) +
           (control.fin ? 1 : 0);
}

void TcpHeader::prepend_to(Packet& packet, Ipv4Address source, Ipv4Address destination,
                           ChecksumField field) const {
    const std::size_t header_size = size();
    const MutableBytes header = packet.prepend(header_size);
    store_u16(header, 0, source_port);
    store_u16(header, 2, destination_port);
    store_u32(header, 4, sequence.value());
    store_u32(header, 8, acknowledgment.value());
    store_u8(header, 12, static_cast<std::uint8_t>(header_size / 4 * 16));
    store_u8(header, 13, flags.to_byte());
    store_u16(header, 14, window);
    store_u16(header, 16, 0);
    store_u16(header, 18, urgent_pointer);
    options.store(header.subspan(kTcpHeaderSize));
    ChecksumAccumulator sum =
        pseudo_header_sum(source, destination, IpProtocol::Tcp, packet.size());
    if (field == ChecksumField::Partial) return store_u16(header, 16, sum.sum());
    sum.add(packet.bytes());
    store_u16(header, 16, sum.checksum());
}

}  // namespace shunt::wire
