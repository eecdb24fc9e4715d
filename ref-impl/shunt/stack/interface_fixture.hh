// SPDX-License-Identifier: Apache-2.0
// For tests: an interface of the standard plan's front link, and the frames of a client on it.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "shunt/stack/interface.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/udp.hh"

namespace shunt::stack {

using wire::Ipv4Address;
using wire::MacAddress;

inline constexpr MacAddress kOwnMac({0x02, 0x07, 0, 0, 0, 1});
inline constexpr MacAddress kClientMac({0x02, 0xC1, 0, 0, 0, 9});
inline constexpr MacAddress kRouterMac({0x02, 0xC1, 0, 0, 0, 1});
inline constexpr MacAddress kMemberMac({0x02, 0x07, 0, 0, 0, 2});
inline constexpr Ipv4Address kOwnIp(10, 7, 0, 101);
inline constexpr Ipv4Address kService(10, 7, 1, 1);
inline constexpr Ipv4Address kSilent(10, 7, 3, 1);
inline constexpr Ipv4Address kClient(10, 7, 0, 9);
inline constexpr Ipv4Address kRouter(10, 7, 0, 1);
inline constexpr Ipv4Address kMember(10, 7, 0, 102);
inline constexpr Ipv4Address kFarAway(192, 0, 2, 7);
inline constexpr std::uint16_t kOtherType = 0x88B5;
inline constexpr Instant kStart = Instant::from_nanoseconds(1'000'000'000);

class InterfaceFixture : public testing::Test {
  protected:
    static Interface::Config config() {
        Interface::Config config;
        config.mac = kOwnMac;
        config.own = {kOwnIp, kService};
        config.own_silent = {kSilent};
        config.arp_sender = kOwnIp;
        config.routes = {{kOwnIp, 16, std::nullopt}, {Ipv4Address(0), 0, kRouter}};
        config.other_types = {kOtherType};
        config.static_neighbors = {{kMember, kMemberMac}};
        return config;
    }

    Packet framed(Packet payload, std::uint16_t type, MacAddress source = kClientMac,
                  MacAddress destination = kOwnMac) {
        wire::EthernetHeader{destination, source, type}.prepend_to(payload);
        return payload;
    }
    Packet arp(wire::ArpMessage message, MacAddress destination = MacAddress::broadcast()) {
        Packet packet = pool_.take();
        message.prepend_to(packet);
        return framed(std::move(packet), wire::kEtherTypeArp, message.sender_mac, destination);
    }
    Packet arp_request(Ipv4Address target, Ipv4Address sender = kClient,
                       MacAddress station = kClientMac) {
        return arp({wire::ArpOperation::Request, station, sender, {}, target});
    }
    Packet arp_reply(Ipv4Address sender, MacAddress station) {
        return arp({wire::ArpOperation::Reply, station, sender, kOwnMac, kOwnIp}, kOwnMac);
    }
    Packet udp(Ipv4Address source, Ipv4Address destination, std::size_t size = 4) {
        Packet packet = pool_.take();
        for (auto& byte : packet.append(size))
            byte = 0x5A;
        wire::UdpHeader{4711, 9}.prepend_to(packet, source, destination);
        return ipv4(std::move(packet), wire::IpProtocol::Udp, source, destination);
    }
    Packet echo(Ipv4Address source, Ipv4Address destination) {
        Packet packet = pool_.copy(std::vector<std::uint8_t>{'p', 'i', 'n', 'g', '!'});
        wire::IcmpHeader{wire::IcmpType::Echo, 0, 0x1234, 7}.prepend_to(packet);
        return ipv4(std::move(packet), wire::IpProtocol::Icmp, source, destination);
    }
    static Packet ipv4(Packet packet, wire::IpProtocol protocol, Ipv4Address source,
                       Ipv4Address destination) {
        wire::Ipv4Header header;
        header.protocol = protocol;
        header.source = source;
        header.destination = destination;
        header.prepend_to(packet);
        return packet;
    }

    bool passes(Packet frame) {
        return interface_.handle_frame(std::move(frame), now_).has_value();
    }
    void expect_drop(Packet frame, Counter reason) {
        const std::uint64_t before = counters_.value(reason);
        EXPECT_FALSE(passes(std::move(frame)));
        EXPECT_EQ(counters_.value(reason), before + 1) << counter_name(reason);
        EXPECT_EQ(interface_.poll_transmit(), std::nullopt) << counter_name(reason);
    }
    /// The frame that is next to go out; an empty one if there is none.
    Packet next_frame() {
        auto frame = interface_.poll_transmit();
        EXPECT_TRUE(frame.has_value());
        return frame ? std::move(*frame) : Packet();
    }
    /// The client is in the cache after this.
    void introduce_client() {
        EXPECT_FALSE(passes(arp_request(kService)));
        next_frame();
    }
    std::uint64_t count(Counter counter) const { return counters_.value(counter); }

    Instant now_ = kStart;
    PacketPool pool_;
    Counters counters_;
    Interface interface_{config(), pool_, counters_, kStart};
};

}  // namespace shunt::stack
