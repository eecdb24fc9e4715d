// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/router.hh"

#include <gtest/gtest.h>

#include <vector>

#include "shunt/wire/ethernet.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/quoted_packet.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::sim {
namespace {

constexpr wire::Ipv4Address kClient{10, 7, 0, 9};
constexpr wire::Ipv4Address kService{10, 7, 1, 1};
const wire::MacAddress kClientMac({2, 7, 0, 0, 1, 1});
const wire::MacAddress kServiceMac({2, 7, 0, 0, 1, 2});

struct RouterTest : testing::Test {
    Packet segment(wire::EcnCodepoint ecn, bool dont_fragment = true) {
        Packet packet = pool.copy(std::vector<std::uint8_t>(100, 0x5A));
        wire::TcpHeader tcp;
        tcp.source_port = 4'711;
        tcp.destination_port = 80;
        tcp.sequence = SequenceNumber(77);
        tcp.prepend_to(packet, kClient, kService);
        wire::Ipv4Header ip;
        ip.type_of_service = static_cast<std::uint8_t>(ecn);
        ip.dont_fragment = dont_fragment;
        ip.source = kClient;
        ip.destination = kService;
        ip.prepend_to(packet);
        wire::EthernetHeader{kServiceMac, kClientMac, wire::kEtherTypeIpv4}.prepend_to(packet);
        return packet;
    }
    static wire::Ipv4View packet_in(const Packet& frame) {
        return *wire::Ipv4View::parse(wire::EthernetView::parse(frame.bytes())->payload());
    }

    PacketPool pool;
};

TEST_F(RouterTest, MarksWhatMayBeMarkedAndKeepsTheChecksumRight) {
    for (const auto ecn : {wire::EcnCodepoint::Capable0, wire::EcnCodepoint::Capable1}) {
        Packet frame = segment(ecn);
        EXPECT_TRUE(mark_congestion(frame.mutable_bytes()));
        const auto ethernet = wire::EthernetView::parse(frame.bytes());
        const auto packet = wire::Ipv4View::parse(ethernet->payload());
        ASSERT_TRUE(packet) << "its header checksum is right";
        EXPECT_EQ(packet->ecn(), wire::EcnCodepoint::CongestionExperienced);
        EXPECT_TRUE(wire::TcpView::parse(*packet));
    }
}

TEST_F(RouterTest, LeavesOthersAsTheyAre) {
    Packet frame = segment(wire::EcnCodepoint::NotCapable);
    const Packet before = pool.copy(frame.bytes());
    EXPECT_FALSE(mark_congestion(frame.mutable_bytes()));
    EXPECT_TRUE(std::ranges::equal(frame.bytes(), before.bytes()));
    Packet other = pool.copy(std::vector<std::uint8_t>(20, 0xFF));
    wire::EthernetHeader{kServiceMac, kClientMac, 0x88B5}.prepend_to(other);
    EXPECT_FALSE(mark_congestion(other.mutable_bytes()));
}

TEST_F(RouterTest, TellsTheSenderWhatPasses) {
    const Packet frame = segment(wire::EcnCodepoint::NotCapable);
    const auto answer = too_long_answer(frame.bytes(), 600, pool);
    ASSERT_TRUE(answer);
    const auto ethernet = wire::EthernetView::parse(answer->bytes());
    EXPECT_EQ(ethernet->destination(), kClientMac);
    const wire::Ipv4View packet = packet_in(*answer);
    EXPECT_EQ(packet.destination(), kClient);
    const auto message = wire::IcmpView::parse(packet);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->type(), wire::IcmpType::DestinationUnreachable);
    EXPECT_EQ(message->code(), wire::kIcmpFragmentationNeeded);
    EXPECT_EQ(message->next_hop_mtu(), 600);
    const auto quoted = wire::QuotedPacketView::parse(message->payload());
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->source_port(), 4'711);
    EXPECT_EQ(quoted->sequence(), SequenceNumber(77));
}

TEST_F(RouterTest, SaysNothingOfWhatMayBeFragmented) {
    const Packet frame = segment(wire::EcnCodepoint::NotCapable, false);
    EXPECT_FALSE(too_long_answer(frame.bytes(), 600, pool));
}

}  // namespace
}  // namespace shunt::sim
