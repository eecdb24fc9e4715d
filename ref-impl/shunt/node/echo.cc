// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/echo.hh"

#include <algorithm>
#include <string>

namespace shunt::node {
namespace {

constexpr std::size_t kTextMax = 65'535 - wire::kIpv4HeaderSize - wire::kUdpHeaderSize;

}  // namespace

std::optional<Packet> echo_answer(const wire::Ipv4View& request, const wire::UdpView& datagram,
                                  std::string_view server_name, std::size_t mtu, PacketPool& pool) {
    if (datagram.source_port() < kEchoedPortMin) return std::nullopt;
    std::string text(server_name);
    text += ' ';
    text.append(datagram.payload().begin(), datagram.payload().end());
    text.resize(std::min(text.size(), kTextMax));
    Packet packet = pool.copy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    wire::UdpHeader{datagram.destination_port(), datagram.source_port()}.prepend_to(
        packet, request.destination(), request.source());
    wire::Ipv4Header header;
    header.dont_fragment = packet.size() + wire::kIpv4HeaderSize <= mtu;
    // As new as the request's, and no count of ours (RFC 6864 4.1).
    if (!header.dont_fragment) header.identification = request.identification();
    header.protocol = wire::IpProtocol::Udp;
    header.source = request.destination();
    header.destination = request.source();
    header.prepend_to(packet);
    return packet;
}

}  // namespace shunt::node
