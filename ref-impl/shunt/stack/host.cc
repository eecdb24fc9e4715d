// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/host.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::stack {
namespace {

Interface::Config edge_of(const Host::Config& config) {
    Interface::Config edge;
    edge.mac = config.mac;
    edge.own = config.addresses;
    edge.arp_sender = config.addresses.front();
    edge.routes = config.routes;
    edge.static_neighbors = config.static_neighbors;
    edge.mtu = config.mtu;
    return edge;
}

tcp::Config defaults_of(const Host::Config& config) {
    constexpr std::uint16_t headers = wire::kIpv4HeaderSize + wire::kTcpHeaderSize;
    tcp::Config tcp = config.tcp;
    tcp.mtu = config.mtu;
    tcp.advertised_mss =
        std::min(tcp.advertised_mss, static_cast<std::uint16_t>(config.mtu - headers));
    return tcp;
}

}  // namespace

Host::Host(const Config& config, std::uint64_t seed, Instant now)
    : config_(config),
      routes_(config_.routes),
      interface_(edge_of(config_), pool_, counters_, now),
      sockets_({config_.addresses, routes_, pool_, counters_}, config_.limits, defaults_of(config_),
               Rng(seed)) {}

void Host::handle_frame(Packet frame, Instant now) {
    auto packet = interface_.handle_frame(std::move(frame), now);
    if (!packet) return;
    packet->trim_front(wire::kEthernetHeaderSize);
    const auto ip = wire::Ipv4View::parse(packet->bytes());
    if (!ip) return counters_.add(ip.error());
    handle_packet(*ip, now);
    while (const auto destination = sockets_.poll_doubted())
        interface_.doubt_route_to(*destination, now);
}

void Host::handle_packet(const wire::Ipv4View& ip, Instant now) {
    switch (ip.protocol()) {
        case wire::IpProtocol::Tcp:
            return sockets_.handle_tcp(ip, now);
        case wire::IpProtocol::Udp:
            if (!sockets_.handle_udp(ip)) interface_.send_port_unreachable(ip, now);
            return;
        case wire::IpProtocol::Icmp:
            return sockets_.handle_icmp(ip, now);
    }
    counters_.add(Counter::DropIpv4Protocol);
    interface_.send_protocol_unreachable(ip, now);
}

void Host::handle_deadline(Instant now) {
    if (is_due(interface_.poll_deadline(), now)) interface_.handle_deadline(now);
    if (is_due(sockets_.poll_deadline(), now)) sockets_.handle_deadline(now);
    while (const auto destination = sockets_.poll_doubted())
        interface_.doubt_route_to(*destination, now);
}

std::optional<Packet> Host::poll_transmit(Instant now) {
    for (;;) {
        if (auto frame = interface_.poll_transmit()) return frame;
        auto packet = sockets_.poll_transmit(now);
        if (!packet) return std::nullopt;
        interface_.send_ipv4(std::move(*packet), now);
    }
}

std::optional<Instant> Host::poll_deadline() const {
    return earlier(interface_.poll_deadline(), sockets_.poll_deadline());
}

}  // namespace shunt::stack
