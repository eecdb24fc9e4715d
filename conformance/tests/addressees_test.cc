// SPDX-License-Identifier: Apache-2.0
/// What the device may say unasked, to whom, and what it may claim by ARP.
#include <gtest/gtest.h>

#include "oracle/oracle.hh"
#include "pdu/build.hh"
#include "plan.hh"

namespace conform {
namespace {

const Iut kPlan = tests::standard_iut();
const MacAddress kStranger{{2, 0xDE, 0xAD, 0, 0, 1}};
constexpr Ipv4Address kNobody{0x08080808};

CapturedFrame captured(Direction direction, Link link, Bytes bytes) {
    Frame frame = decode_frame(bytes, kPlan.framing);
    return {Time{0}, link, direction, std::move(bytes), std::move(frame), {}};
}

/// From the device's MAC of that link.
CapturedFrame from_device(Link link, MacAddress to, std::uint16_t type, const Bytes& payload) {
    const ServerAddresses& device = kPlan.device;
    const MacAddress& own = link == Link::Front ? device.front_mac : device.back_mac;
    return captured(Direction::FromDevice, link, encode_ethernet(to, own, type, payload));
}

CapturedFrame to_device(const Bytes& packet) {
    return captured(
        Direction::ToDevice, Link::Front,
        encode_ethernet(kPlan.device.front_mac, kPlan.client_mac, ether_type::kIpv4, packet));
}

std::string messages(const Capture& capture) {
    std::string text;
    for (const auto oracle : {examine_addressees, examine_arp_claims}) {
        for (const Finding& finding : oracle(capture, kPlan))
            text += finding.message() + "; ";
    }
    for (const Finding& finding : examine_formats(capture))
        text += finding.message() + "; ";
    return text;
}

Bytes datagram(Ipv4Address source, Ipv4Address destination) {
    return encode_udp_packet({{source, 7}, {destination, 53}, to_bytes("hi")});
}

/// What a Linux kernel says on its own when an interface comes up, and avahi.
TEST(Addressees, AreNotWhoeverHearsWhatAHostTellsAGroup) {
    const MacAddress all_routers{{0x33, 0x33, 0, 0, 0, 2}};
    const MacAddress igmp{{1, 0, 0x5E, 0, 0, 22}};
    const MacAddress mdns{{1, 0, 0x5E, 0, 0, 0xFB}};
    Bytes report = datagram(kPlan.device.front_ip, {0xE0000016});
    Capture capture;
    for (const Link link : {Link::Front, Link::Back}) {
        capture.push_back(from_device(link, all_routers, 0x86DD, Bytes(56, 0x60)));
        capture.push_back(from_device(link, igmp, ether_type::kIpv4, report));
        capture.push_back(from_device(link, mdns, ether_type::kIpv4,
                                      datagram(kPlan.device.front_ip, {0xE00000FB})));
        capture.push_back(from_device(link, {{1, 0x80, 0xC2, 0, 0, 14}}, 0x88CC, Bytes(46)));
    }
    EXPECT_EQ(messages(capture), "");
}

TEST(Addressees, GetNoFrameOfAnUnknownTypeAndNoStrangerAnyFrame) {
    const auto finding = [](Link link, MacAddress to, std::uint16_t type, const Bytes& payload) {
        return messages({from_device(link, to, type, payload)});
    };
    const Bytes to_nobody = datagram(kPlan.device.front_ip, kNobody);
    const MacAddress member = kPlan.peers.front().back_mac;
    EXPECT_EQ(finding(Link::Front, kPlan.client_mac, 0x9999, to_bytes("secret")),
              "FRM-2: expected frames of IPv4, ARP, or the farm's Type, got type 0x9999 for "
              "02:07:00:00:00:09; ");
    EXPECT_TRUE(finding(Link::Front, kPlan.client_mac, 0x8100, Bytes(46)).starts_with("FRM-2"));
    EXPECT_TRUE(finding(Link::Front, kPlan.client_mac, 16, Bytes(16)).starts_with("FRM-2"));
    EXPECT_TRUE(finding(Link::Back, member, 0x86DD, Bytes(46)).starts_with("FRM-2"));
    EXPECT_EQ(finding(Link::Front, kPlan.client_mac, ether_type::kIpv4, to_nobody),
              "IP-3: expected no packet that answers nothing, got protocol 17 for 8.8.8.8; ");
    EXPECT_EQ(finding(Link::Back, member, ether_type::kIpv4, to_nobody),
              "SEC-1: expected packets for members alone on the back link, got one for 8.8.8.8; ");
    EXPECT_EQ(finding(Link::Back, member, ether_type::kIpv4,
                      datagram(kPlan.device.control_ip, kPlan.peers.back().control_ip)),
              "SEC-1: expected destination MAC 02:08:00:00:00:03, got 02:08:00:00:00:02; ");
    EXPECT_EQ(finding(Link::Back, member, ether_type::kIpv4,
                      datagram(kPlan.device.control_ip, kPlan.peers.front().control_ip)),
              "");
    const Bytes question =
        encode_arp({1, kPlan.device.front_mac, kPlan.device.front_ip, {}, kPlan.clients.front()});
    EXPECT_EQ(finding(Link::Front, kBroadcastMac, ether_type::kArp, question), "");
    EXPECT_EQ(finding(Link::Front, kStranger, ether_type::kArp, question),
              "SYS-4: expected a frame for a host of the plan, got one for 02:de:ad:00:00:01; ");
}

/// Whoever asks is answered, be it none of the plan.
TEST(Addressees, AreThoseWhoHaveAsked) {
    const Bytes asked = datagram(kNobody, kPlan.device.front_ip);
    Capture capture{
        captured(Direction::ToDevice, Link::Front,
                 encode_ethernet(kPlan.device.front_mac, kStranger, ether_type::kIpv4, asked))};
    capture.push_back(from_device(Link::Front, kStranger, ether_type::kIpv4,
                                  datagram(kPlan.device.front_ip, kNobody)));
    EXPECT_EQ(messages(capture), "");
}

/// RFC 1122 3.2.2: an ICMP error quotes what it is about.
TEST(Addressees, GetErrorsAboutWhatTheyHaveSent) {
    const Ipv4Address client = kPlan.clients.front();
    const Ipv4Address service = kPlan.device.service.front();
    const auto error_about = [&](const Bytes& packet) {
        // The quote stands where the payload of an echo does.
        IcmpMessage error{service, client, 3, 3};
        error.payload.assign(packet.begin(), packet.begin() + 28);
        return from_device(Link::Front, kPlan.client_mac, ether_type::kIpv4,
                           encode_icmp_packet(error));
    };
    const Bytes sent = datagram(client, service);
    Bytes other_port = sent;
    other_port[21] ^= 1;
    EXPECT_EQ(messages({to_device(sent), error_about(sent)}), "");
    EXPECT_EQ(messages({to_device(sent), error_about(other_port)}),
              "IP-3: expected no packet that answers nothing, got protocol 1 for 10.7.0.9; ");
    EXPECT_NE(messages({to_device(sent), error_about(datagram(service, client))}), "");
}

std::string claim(Link link, std::uint16_t operation, Ipv4Address sender,
                  std::optional<MacAddress> mac = {}) {
    const ServerAddresses& device = kPlan.device;
    const MacAddress& own = link == Link::Front ? device.front_mac : device.back_mac;
    const Bytes message =
        encode_arp({operation, mac.value_or(own), sender, {}, kPlan.clients.front()});
    return messages({from_device(link, kBroadcastMac, ether_type::kArp, message)});
}

TEST(ArpClaims, AreOfOwnAddressesOnTheirLink) {
    const ServerAddresses& device = kPlan.device;
    for (const std::uint16_t operation : {std::uint16_t{1}, std::uint16_t{2}}) {
        EXPECT_EQ(claim(Link::Front, operation, device.front_ip), "");
        EXPECT_EQ(claim(Link::Front, operation, device.service.front()), "");
        EXPECT_EQ(claim(Link::Back, operation, device.control_ip), "");
        EXPECT_EQ(claim(Link::Back, operation, device.forward_ip.front()), "");
    }
    EXPECT_EQ(claim(Link::Front, 1, {}), "") << "a probe (RFC 5227)";
}

TEST(ArpClaims, NameEveryAddressThatIsTaken) {
    const ServerAddresses& peer = kPlan.peers.front();
    for (const std::uint16_t operation : {std::uint16_t{1}, std::uint16_t{2}}) {
        EXPECT_EQ(claim(Link::Front, operation, peer.service.front()),
                  "SYS-1: expected ARP that claims an address of the device on the front, got "
                  "10.7.1.2; ");
        for (const Ipv4Address taken : {peer.front_ip, kPlan.clients.front(), kNobody,
                                        kPlan.device.control_ip, kPlan.device.forward_ip.front()}) {
            EXPECT_TRUE(claim(Link::Front, operation, taken).starts_with("SYS-1"));
        }
        for (const Ipv4Address taken : {peer.control_ip, peer.forward_ip.front(),
                                        kPlan.device.front_ip, kPlan.device.service.front()}) {
            EXPECT_TRUE(claim(Link::Back, operation, taken).starts_with("SYS-1"));
        }
        EXPECT_EQ(claim(Link::Front, operation, kPlan.device.front_ip, kStranger),
                  "SYS-1: expected ARP that claims for 02:07:00:00:00:01, got 02:de:ad:00:00:01; ");
    }
    EXPECT_NE(claim(Link::Front, 2, {}), "") << "a reply is no probe";
}

TEST(ArpClaims, HaveTheHeaderOfEthernetAndIpv4) {
    const Bytes sound =
        encode_arp({2, kPlan.device.front_mac, kPlan.device.front_ip, {}, kPlan.clients.front()});
    for (std::size_t offset = 0; offset < 8; ++offset) {
        Bytes broken = sound;
        broken[offset] = 0xFF;
        EXPECT_TRUE(
            messages({from_device(Link::Front, kPlan.client_mac, ether_type::kArp, broken)})
                .starts_with("SYS-1: expected an ARP header 000108000604 and operation 1 or 2"))
            << offset;
    }
}

}  // namespace
}  // namespace conform
