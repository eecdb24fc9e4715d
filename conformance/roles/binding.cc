// SPDX-License-Identifier: Apache-2.0
#include "roles/binding.hh"

#include <algorithm>

#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::size_t kDestinationMac = 0;
constexpr std::size_t kSourceMac = 6;
constexpr std::size_t kEtherType = 12;
constexpr Ipv4Address kNobody{0xC0000207};       // 192.0.2.7 (RFC 5737)
constexpr std::uint8_t kOnLinkTimeToLive = 255;  // SEC-12

MacAddress mac_at(ByteView frame, std::size_t offset) {
    MacAddress mac;
    std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(offset), mac.octets.size(),
                mac.octets.begin());
    return mac;
}

}  // namespace

Binding::Binding(const Iut& iut) : framing_(iut.framing) {
    const auto add = [this](const ServerAddresses& server) {
        if (server.forward_ip.empty()) return;  // no member of a farm
        stations_[server.front_mac] = stations_[server.back_mac] = server.forward_ip.front();
    };
    add(iut.device);
    for (const ServerAddresses& peer : iut.peers)
        add(peer);
    stations_[iut.client_mac] = iut.clients.front();
}

Ipv4Address Binding::address_of(const MacAddress& station) const {
    const auto found = stations_.find(station);
    return found == stations_.end() ? kNobody : found->second;
}

Bytes Binding::carry(Bytes frame) const {
    const bool is_carried = framing_.is_routed && frame.size() >= kEthernetHeaderSize &&
                            load_u16(frame, kEtherType) == framing_.ethertype;
    if (!is_carried) return frame;
    return in_ethernet(frame, encode_udp_packet(datagram_of(frame)));
}

UdpDatagram Binding::datagram_of(ByteView frame) const {
    const ByteView payload = frame.subspan(kEthernetHeaderSize);
    UdpDatagram datagram;
    datagram.source = {address_of(mac_at(frame, kSourceMac)), kRoutedPort};
    datagram.destination = {address_of(mac_at(frame, kDestinationMac)), kRoutedPort};
    datagram.payload.assign(payload.begin(), payload.end());
    datagram.time_to_live = kOnLinkTimeToLive;
    return datagram;
}

Bytes Binding::in_ethernet(ByteView frame, ByteView packet) {
    return encode_ethernet(mac_at(frame, kDestinationMac), mac_at(frame, kSourceMac),
                           ether_type::kIpv4, packet);
}

}  // namespace conform
