// SPDX-License-Identifier: Apache-2.0
#include "roles/router.hh"

#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::uint16_t kRequest = 1;
constexpr std::uint16_t kReply = 2;

}  // namespace

Router::Router(Wire& wire, const Iut& iut) : wire_(wire) {
    for (const Ipv4Address client : iut.clients) {
        neighbours_[{Link::Front, client}] = iut.client_mac;
    }
    for (const ServerAddresses& peer : iut.peers) {
        neighbours_[{Link::Front, peer.front_ip}] = peer.front_mac;
        neighbours_[{Link::Back, peer.control_ip}] = peer.back_mac;
        for (const Ipv4Address service : peer.service) {
            neighbours_[{Link::Front, service}] = peer.front_mac;
        }
        for (const Ipv4Address forward : peer.forward_ip) {
            neighbours_[{Link::Back, forward}] = peer.back_mac;
        }
    }
}

bool Router::hear(std::size_t, const CapturedFrame& captured) {
    if (!captured.frame.arp) return false;
    const ArpMessage& arp = *captured.frame.arp;
    const auto neighbour = neighbours_.find({captured.link, arp.target});
    if (arp.operation != kRequest || neighbour == neighbours_.end()) return true;
    const ArpMessage reply{kReply, neighbour->second, arp.target, arp.sender_mac, arp.sender};
    wire_.send(captured.link, encode_ethernet(arp.sender_mac, neighbour->second, ether_type::kArp,
                                              encode_arp(reply)));
    return true;
}

}  // namespace conform
