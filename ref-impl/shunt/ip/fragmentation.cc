// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/fragmentation.hh"

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::ip {

std::vector<Packet> fragment(const wire::Ipv4View& packet, std::size_t mtu, PacketPool& pool) {
    constexpr std::size_t mtu_min = 68;
    SHUNT_ASSERT(mtu >= mtu_min && !packet.dont_fragment(), "the caller may fragment it");
    // Offsets are told in units of 8 bytes.
    const std::size_t size_max = (mtu - wire::kIpv4HeaderSize) / 8 * 8;
    const ByteView payload = packet.payload();
    wire::Ipv4Header header;
    header.type_of_service = packet.type_of_service();
    header.identification = packet.identification();
    header.ttl = packet.ttl();
    header.protocol = packet.protocol();
    header.source = packet.source();
    header.destination = packet.destination();
    std::vector<Packet> fragments;
    for (std::size_t begin = 0; begin < payload.size(); begin += size_max) {
        const std::size_t size = std::min(size_max, payload.size() - begin);
        header.fragment_offset = packet.fragment_offset() + begin;
        header.more_fragments = packet.more_fragments() || begin + size < payload.size();
        fragments.push_back(pool.copy(payload.subspan(begin, size)));
        header.prepend_to(fragments.back());
    }
    return fragments;
}

}  // namespace shunt::ip
