// SPDX-License-Identifier: Apache-2.0
#include "roles/udp_client.hh"

#include <fmt/format.h>

#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::uint8_t kUnreachable = 3;
constexpr std::uint8_t kPort = 3;
constexpr std::size_t kQuotedPorts = 20;  // behind an IPv4 header without options

}  // namespace

UdpClient::UdpClient(Wire& wire, const Iut& iut, SocketAddress self, SocketAddress service)
    : wire_(wire), iut_(iut), self_(self), service_(service), inbox_(wire.scheduler()) {
    wire_.add_listener(*this);
}

Bytes UdpClient::packet(std::string_view text) const {
    return encode_udp_packet({self_, service_, to_bytes(text)});
}

std::size_t UdpClient::send(std::string_view text) {
    return wire_.send(Link::Front, encode_ethernet(iut_.device.front_mac, iut_.client_mac,
                                                   ether_type::kIpv4, packet(text)));
}

Task<> UdpClient::expect_answer(const char* requirement, std::string text, Duration within) {
    const std::optional<std::size_t> number = co_await inbox_.next(wire_.now() + within);
    const std::string wanted =
        fmt::format("a datagram from {} that ends in '{}'", service_.to_string(), text);
    if (!number) {
        throw Violation(
            {requirement, wanted, fmt::format("nothing within {} ms", milliseconds_of(within))});
    }
    const Frame& frame = wire_.capture()[*number].frame;
    const auto& udp = frame.ipv4->udp;
    const std::string payload =
        udp ? std::string(udp->payload.begin(), udp->payload.end()) : std::string();
    if (!udp || udp->source != service_ || !payload.ends_with(text)) {
        throw Violation({requirement, wanted, describe(frame), *number});
    }
}

Task<> UdpClient::expect_silence(const char* requirement, const char* when, Duration length) {
    const std::optional<std::size_t> number = co_await inbox_.next(wire_.now() + length);
    if (!number) co_return;
    throw Violation({requirement, fmt::format("nothing for the UDP client {}", when),
                     describe(wire_.capture()[*number].frame), *number});
}

Task<> UdpClient::expect_unreachable(const char* requirement, Duration within) {
    const std::optional<std::size_t> number = co_await inbox_.next(wire_.now() + within);
    const std::string wanted = "ICMP port unreachable";
    if (!number) {
        throw Violation(
            {requirement, wanted, fmt::format("nothing within {} ms", milliseconds_of(within))});
    }
    const Frame& frame = wire_.capture()[*number].frame;
    const auto& icmp = frame.ipv4->icmp;
    if (!icmp || icmp->type != kUnreachable || icmp->code != kPort) {
        throw Violation({requirement, wanted, describe(frame), *number});
    }
}

bool UdpClient::hear(std::size_t number, const CapturedFrame& captured) {
    if (captured.link != Link::Front || !captured.frame.ipv4) return false;
    const Ipv4Packet& packet = *captured.frame.ipv4;
    const bool is_answer =
        packet.udp && packet.udp->destination == self_ && packet.udp->source.port == service_.port;
    const bool is_error = packet.icmp && packet.icmp->type == kUnreachable &&
                          packet.icmp->payload.size() >= kQuotedPorts + 4 &&
                          load_u16(packet.icmp->payload, kQuotedPorts) == self_.port &&
                          load_u16(packet.icmp->payload, kQuotedPorts + 2) == service_.port;
    if (!is_answer && !is_error) return false;
    inbox_.push(number);
    return true;
}

}  // namespace conform
