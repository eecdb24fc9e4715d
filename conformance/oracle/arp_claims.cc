// SPDX-License-Identifier: Apache-2.0
/// Oracle: who claims an address by ARP has it. Whoever hears an ARP message may learn its sender
/// (RFC 826), so that requests claim as replies do.
#include <fmt/format.h>

#include <algorithm>

#include "oracle/oracle.hh"

namespace conform {
namespace {

constexpr std::uint16_t kRequest = 1;

bool contains(const std::vector<Ipv4Address>& addresses, Ipv4Address address) {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

/// One interface is both links. A unix: socket carries two that stay apart.
bool is_one_link(const Iut& iut) {
    return iut.back == iut.front && iut.front.kind != AttachmentKind::Unix;
}

/// SYS-1: front and service IPs on the front, control and forward IPs on the back; all four where
/// both are one link.
bool is_own(const Iut& iut, Link link, Ipv4Address address) {
    const ServerAddresses& device = iut.device;
    const bool is_of_front = address == device.front_ip || contains(device.service, address);
    const bool is_of_back = address == device.control_ip || contains(device.forward_ip, address);
    if (is_one_link(iut)) return is_of_front || is_of_back;
    return link == Link::Front ? is_of_front : is_of_back;
}

}  // namespace

std::vector<Finding> examine_arp_claims(const Capture& capture, const Iut& iut) {
    std::vector<Finding> findings;
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        if (captured.direction != Direction::FromDevice || !captured.frame.arp) continue;
        const ArpMessage& arp = *captured.frame.arp;
        const bool is_front = captured.link == Link::Front;
        // RFC 5227: who asks before it takes an address claims none.
        const bool is_probe = arp.operation == kRequest && arp.sender == Ipv4Address{};
        if (!is_probe && !is_own(iut, captured.link, arp.sender)) {
            findings.push_back({"SYS-1",
                                fmt::format("ARP that claims an address of the device on the {}",
                                            is_front ? "front" : "back"),
                                arp.sender.to_string(), number});
        }
        const MacAddress& own = is_front ? iut.device.front_mac : iut.device.back_mac;
        if (arp.sender_mac != own) {
            findings.push_back({"SYS-1", fmt::format("ARP that claims for {}", own.to_string()),
                                arp.sender_mac.to_string(), number});
        }
    }
    return findings;
}

}  // namespace conform
