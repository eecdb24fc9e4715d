// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/icmp.hh"

namespace shunt::wire {

Result<IcmpView, Counter> IcmpView::parse(const Ipv4View& packet) {
    if (packet.protocol() != IpProtocol::Icmp) return Failure{Counter::DropIpv4Protocol};
    if (packet.is_fragment()) return Failure{Counter::DropIpv4Fragment};
    const ByteView message = packet.payload();
    if (message.size() < kIcmpHeaderSize) return Failure{Counter::DropIcmpTruncated};
    if (!is_checksum_valid(message)) return Failure{Counter::DropIcmpChecksum};
    return IcmpView(message);
}

void IcmpHeader::prepend_to(Packet& packet) const {
    const MutableBytes header = packet.prepend(kIcmpHeaderSize);
    store_u8(header, 0, static_cast<std::uint8_t>(type));
    store_u8(header, 1, code);
    store_u16(header, 2, 0);
    store_u16(header, 4, identifier);
    store_u16(header, 6, sequence_or_mtu);
    store_u16(header, 2, internet_checksum(packet.bytes()));
}

}  // namespace shunt::wire
