// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/ipv4.hh"

#include "shunt/base/mutant.hh"

namespace shunt::wire {

Result<Ipv4View, Counter> Ipv4View::parse(ByteView bytes) {
    if (bytes.size() < kIpv4HeaderSize) return Failure{Counter::DropIpv4Truncated};
    if (bytes[0] >> 4 != 4 && !is_mutant(Mutant::IgnoresInnerVersion))
        return Failure{Counter::DropIpv4Version};
    const std::size_t header_size = std::size_t{bytes[0]} % 16 * 4;
    if (header_size < kIpv4HeaderSize || header_size > bytes.size()) {
        return Failure{Counter::DropIpv4HeaderLength};
    }
    const std::size_t total_length = load_u16(bytes, 2);
    if (total_length < header_size || total_length > bytes.size()) {
        return Failure{Counter::DropIpv4TotalLength};
    }
    if (!is_checksum_valid(bytes.first(header_size)) && !is_mutant(Mutant::IgnoresIpChecksum)) {
        return Failure{Counter::DropIpv4Checksum};
    }
    return Ipv4View(bytes.first(total_length));
}

void Ipv4Header::prepend_to(Packet& packet) const {
    const std::size_t total_length = kIpv4HeaderSize + packet.size();
    SHUNT_ASSERT(total_length <= 0xFFFF, "senders keep to the MTU");
    SHUNT_ASSERT(fragment_offset % 8 == 0 && fragment_offset / 8 <= 0x1FFF,
                 "fragments are cut at multiples of 8");
    const MutableBytes header = packet.prepend(kIpv4HeaderSize);
    store_u8(header, 0, 0x45);
    store_u8(header, 1, type_of_service);
    store_u16(header, 2, static_cast<std::uint16_t>(total_length));
    store_u16(header, 4, identification);
    store_u16(header, 6,
              static_cast<std::uint16_t>((dont_fragment ? 0x4000U : 0U) |
                                         (more_fragments ? 0x2000U : 0U) | fragment_offset / 8));
    store_u8(header, 8, ttl);
    store_u8(header, 9, static_cast<std::uint8_t>(protocol));
    store_u16(header, 10, 0);
    store_u32(header, 12, source.value());
    store_u32(header, 16, destination.value());
    store_u16(header, 10, internet_checksum(header));
}

ChecksumAccumulator pseudo_header_sum(Ipv4Address source, Ipv4Address destination,
                                      IpProtocol protocol, std::size_t transport_size) {
    ChecksumAccumulator sum;
    sum.add_u32(source.value());
    sum.add_u32(destination.value());
    sum.add_u16(static_cast<std::uint8_t>(protocol));
    sum.add_u16(static_cast<std::uint16_t>(transport_size));
    return sum;
}

}  // namespace shunt::wire
