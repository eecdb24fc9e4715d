// SPDX-License-Identifier: Apache-2.0
#include "agent/empty_device.hh"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "attach/json_line.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

constexpr std::uint16_t kArpRequest = 1;
constexpr std::uint16_t kArpReply = 2;
constexpr std::uint32_t kRandomSizeMax = 1'400;

/// RFC 9293 3.10.7.1: what a closed port answers; nothing to a reset.
std::optional<Bytes> reset_for(const TcpSegment& segment) {
    if (segment.has(tcp_flag::kRst)) return std::nullopt;
    TcpSegment reset{segment.destination, segment.source};
    if (segment.has(tcp_flag::kAck)) {
        reset.sequence = segment.acknowledgment;
        reset.flags = tcp_flag::kRst;
    } else {
        reset.acknowledgment = segment.sequence + segment.length();
        reset.flags = tcp_flag::kRst | tcp_flag::kAck;
    }
    return encode_tcp_packet(reset);
}

/// The same frame's way back.
Bytes envelope(const Frame& frame, MacAddress own, ByteView packet) {
    return encode_ethernet(frame.source, own, ether_type::kIpv4, packet);
}

}  // namespace

const std::vector<EmptinessText>& all_emptinesses() {
    static const std::vector<std::string_view> kLives = {"tcp/ip/echo-answered",
                                                         "tcp/ip/arp-for-itself"};
    static const std::vector<EmptinessText> kAll = {
        {Emptiness::Silent, "silent", "says nothing at all"},
        {Emptiness::Echo, "echo", "sends back whatever it gets"},
        {Emptiness::Reset, "reset", "answers ARP, ICMP echo, and every TCP segment with a reset",
         kLives},
        {Emptiness::Unsupported, "unsupported",
         "answers ARP and ICMP echo, and every verb with `unsupported`", kLives},
        {Emptiness::Random, "random",
         "answers ARP and ICMP echo, and everything else with random bytes", kLives},
    };
    return kAll;
}

std::optional<Bytes> EmptyDevice::sign_of_life(const LinkFrame& link_frame,
                                               const Frame& frame) const {
    const ServerAddresses& self = iut_.device;
    const MacAddress own = link_frame.link == Link::Front ? self.front_mac : self.back_mac;
    if (frame.arp && frame.arp->operation == kArpRequest) {
        const Ipv4Address asked = frame.arp->target;
        const bool is_own = asked == self.front_ip || asked == self.control_ip ||
                            self.has_forward_ip(asked) ||
                            std::count(self.service.begin(), self.service.end(), asked) > 0;
        if (!is_own) return std::nullopt;
        const ArpMessage reply{kArpReply, own, asked, frame.arp->sender_mac, frame.arp->sender};
        return encode_ethernet(frame.source, own, ether_type::kArp, encode_arp(reply));
    }
    if (!frame.ipv4 || !frame.ipv4->icmp) return std::nullopt;
    IcmpMessage echo = *frame.ipv4->icmp;
    if (echo.type != icmp_type::kEchoRequest) return std::nullopt;
    std::swap(echo.source, echo.destination);
    echo.type = icmp_type::kEchoReply;
    return envelope(frame, own, encode_icmp_packet(echo));
}

Bytes EmptyDevice::random_frame(const LinkFrame& answered) {
    Bytes bytes(kEthernetHeaderSize + random_.below(kRandomSizeMax));
    std::generate(bytes.begin(), bytes.end(),
                  [this] { return static_cast<std::uint8_t>(random_.next_u32()); });
    // Half of them look as if they belonged to the conversation.
    if (random_.below(2) == 0 && answered.bytes.size() >= kEthernetHeaderSize) {
        std::copy_n(answered.bytes.begin() + 6, 6, bytes.begin());
        std::copy_n(answered.bytes.begin(), 6, bytes.begin() + 6);
        std::copy_n(answered.bytes.begin() + 12, 2, bytes.begin() + 12);
    }
    return bytes;
}

std::vector<LinkFrame> EmptyDevice::handle(const LinkFrame& link_frame) {
    if (emptiness_ == Emptiness::Silent) return {};
    if (emptiness_ == Emptiness::Echo) return {link_frame};
    const Frame frame = decode_frame(link_frame.bytes, iut_.framing);
    if (auto sign = sign_of_life(link_frame, frame)) return {{link_frame.link, std::move(*sign)}};
    if (emptiness_ == Emptiness::Random) return {{link_frame.link, random_frame(link_frame)}};
    const bool is_segment = frame.ipv4 && frame.ipv4->tcp;
    if (emptiness_ != Emptiness::Reset || !is_segment) return {};
    const auto reset = reset_for(*frame.ipv4->tcp);
    if (!reset) return {};
    const MacAddress own =
        link_frame.link == Link::Front ? iut_.device.front_mac : iut_.device.back_mac;
    return {{link_frame.link, envelope(frame, own, *reset)}};
}

std::optional<std::string> EmptyDevice::answer(const std::string& line) const {
    switch (emptiness_) {
        case Emptiness::Silent:
        case Emptiness::Random:
            return std::nullopt;
        case Emptiness::Echo:
            return line;
        case Emptiness::Reset:
        case Emptiness::Unsupported:
            break;
    }
    const nlohmann::json request = parse_json_line(line);
    nlohmann::json answer{{"ok", false}, {"error", "unsupported"}, {"text", "an empty device"}};
    answer["id"] = request.is_object() ? request.value("id", nlohmann::json()) : nlohmann::json();
    return answer.dump();
}

}  // namespace conform
