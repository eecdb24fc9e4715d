// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/interface.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "shunt/stack/interface_fixture.hh"
#include "shunt/wire/checksum.hh"

namespace shunt::stack {
namespace {

class InterfaceTest : public InterfaceFixture {};

// --- stations ---

TEST_F(InterfaceTest, PassesWhatIsForThisStationAndAddressUnchanged) {
    Packet frame = framed(udp(kClient, kService), wire::kEtherTypeIpv4);
    const std::vector<std::uint8_t> sent(frame.bytes().begin(), frame.bytes().end());
    const auto received = interface_.handle_frame(std::move(frame), now_);
    ASSERT_TRUE(received);
    EXPECT_EQ(std::vector<std::uint8_t>(received->bytes().begin(), received->bytes().end()), sent);
}

// An IPv4 packet under another type would come past every check of addresses.
TEST_F(InterfaceTest, PassesNoTypeThatItWasNotTold) {
    for (const std::uint16_t type : std::vector<std::uint16_t>{0x0007, 0x88B6, 0x86DD}) {
        expect_drop(framed(udp(kClient, kService), type), Counter::DropEthernetType);
    }
    const Packet payload = udp(kClient, kService);
    const auto received =
        interface_.handle_frame(framed(pool_.copy(payload.bytes()), kOtherType), now_);
    ASSERT_TRUE(received);
    EXPECT_EQ(wire::EthernetView::parse(received->bytes())->type(), kOtherType);
}

TEST_F(InterfaceTest, DropsFramesForOthersAndFromNobody) {
    const auto packet = [&] { return udp(kClient, kService); };
    expect_drop(framed(packet(), wire::kEtherTypeIpv4, kClientMac, kMemberMac),
                Counter::DropEthernetDestination);
    expect_drop(framed(packet(), wire::kEtherTypeIpv4, MacAddress({1, 0, 0, 0, 0, 1})),
                Counter::DropEthernetSource);
    expect_drop(framed(packet(), wire::kEtherTypeIpv4, kOwnMac), Counter::DropEthernetSource);
    expect_drop(framed(packet(), 0x8100), Counter::DropEthernetVlan);
    expect_drop(framed(packet(), 0x88A8), Counter::DropEthernetVlan);
    expect_drop(pool_.copy(std::vector<std::uint8_t>(13)), Counter::DropEthernetTruncated);
}

// --- addresses (IP-1) ---

TEST_F(InterfaceTest, DropsIpv4InFramesToManyStations) {
    expect_drop(
        framed(udp(kClient, kService), wire::kEtherTypeIpv4, kClientMac, MacAddress::broadcast()),
        Counter::DropIpv4LinkBroadcast);
}

TEST_F(InterfaceTest, DropsPacketsToAddressesOfOthers) {
    for (const Ipv4Address destination :
         {Ipv4Address(10, 7, 1, 2), kMember, Ipv4Address(10, 7, 255, 255),
          Ipv4Address(255, 255, 255, 255), Ipv4Address(224, 0, 0, 1)}) {
        expect_drop(framed(udp(kClient, destination), wire::kEtherTypeIpv4),
                    Counter::DropIpv4Destination);
    }
    EXPECT_TRUE(passes(framed(udp(kClient, kSilent), wire::kEtherTypeIpv4)));
}

TEST_F(InterfaceTest, DropsPacketsFromAddressesThatNoOtherHostHas) {
    for (const Ipv4Address source :
         {Ipv4Address(0), Ipv4Address(127, 0, 0, 1), Ipv4Address(224, 0, 0, 1),
          Ipv4Address(255, 255, 255, 255), Ipv4Address(10, 7, 255, 255), kService, kSilent}) {
        expect_drop(framed(udp(source, kService), wire::kEtherTypeIpv4), Counter::DropIpv4Source);
    }
}

TEST_F(InterfaceTest, DropsPacketsWithAWrongHeaderUnderItsOwnCounter) {
    Packet packet = udp(kClient, kService);
    packet.mutable_bytes()[8] ^= 1;  // the TTL is not what was summed up
    expect_drop(framed(std::move(packet), wire::kEtherTypeIpv4), Counter::DropIpv4Checksum);
}

// RFC 1122 3.2.1.8: what options say is nothing that a host must follow; a broken list harms
// nobody.
TEST_F(InterfaceTest, IgnoresOptionsWithoutHarm) {
    introduce_client();
    using Options = std::vector<std::uint8_t>;
    for (const Options& options : {Options{1, 1, 1, 0},                  // no-operation, end
                                   Options{131, 7, 4, 192, 0, 2, 7, 0},  // loose source route
                                   Options{7, 7, 4, 0, 0, 0, 0, 0},      // record route
                                   Options{68, 0, 0, 0},                 // a length of 0
                                   Options{137, 255, 0, 0},              // past the header
                                   Options{0xFF, 0xFF, 0xFF, 0xFF}}) {
        Packet packet = echo(kClient, kService);
        const std::vector<std::uint8_t> whole(packet.bytes().begin(), packet.bytes().end());
        packet.trim_front(wire::kIpv4HeaderSize);
        std::ranges::copy(options, packet.prepend(options.size()).begin());
        const MutableBytes header = packet.prepend(wire::kIpv4HeaderSize);
        std::copy_n(whole.begin(), wire::kIpv4HeaderSize, header.begin());
        store_u8(header, 0, static_cast<std::uint8_t>(0x45 + options.size() / 4));
        store_u16(header, 2, static_cast<std::uint16_t>(whole.size() + options.size()));
        store_u16(header, 10, 0);
        store_u16(
            header, 10,
            wire::internet_checksum(packet.bytes().first(wire::kIpv4HeaderSize + options.size())));
        EXPECT_FALSE(passes(framed(std::move(packet), wire::kEtherTypeIpv4)));
        const Packet frame = next_frame();
        const auto ip = wire::Ipv4View::parse(wire::EthernetView::parse(frame.bytes())->payload());
        EXPECT_EQ(ip->destination(), kClient) << "the answer goes to the source";
        EXPECT_EQ(ip->header_size(), wire::kIpv4HeaderSize);
    }
}

// --- ARP (SYS-1, IP-2) ---

TEST_F(InterfaceTest, AnswersArpForEachOwnAddress) {
    for (const Ipv4Address own : {kOwnIp, kService, kSilent}) {
        EXPECT_FALSE(passes(arp_request(own)));
        const Packet frame = next_frame();
        const auto ethernet = wire::EthernetView::parse(frame.bytes());
        ASSERT_TRUE(ethernet);
        EXPECT_EQ(ethernet->destination(), kClientMac);
        EXPECT_EQ(ethernet->source(), kOwnMac);
        const auto arp = wire::ArpView::parse(ethernet->payload());
        ASSERT_TRUE(arp);
        EXPECT_EQ(arp->operation(), wire::ArpOperation::Reply);
        EXPECT_EQ(arp->sender_mac(), kOwnMac);
        EXPECT_EQ(arp->sender_ip(), own);
        EXPECT_EQ(arp->target_mac(), kClientMac);
        EXPECT_EQ(arp->target_ip(), kClient);
    }
}

TEST_F(InterfaceTest, IsSilentAboutAddressesOfOthers) {
    EXPECT_FALSE(passes(arp_request(Ipv4Address(10, 7, 1, 2))));
    EXPECT_FALSE(passes(arp_request(kMember)));
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
}

TEST_F(InterfaceTest, AnswersAProbeAndDoesNotRememberIt) {
    EXPECT_FALSE(passes(arp_request(kService, Ipv4Address(0))));
    EXPECT_TRUE(interface_.poll_transmit());
}

TEST_F(InterfaceTest, AnswersNoArpFromImpossibleSenders) {
    expect_drop(arp_request(kService, Ipv4Address(127, 0, 0, 1)), Counter::DropArpSender);
    expect_drop(arp_request(kService, Ipv4Address(10, 7, 255, 255)), Counter::DropArpSender);
    expect_drop(arp({wire::ArpOperation::Reply, MacAddress(), kClient, kOwnMac, kOwnIp}),
                Counter::DropArpSender);
}

TEST_F(InterfaceTest, BelievesNobodyWhoClaimsAnAddressOfTheFarm) {
    expect_drop(arp_request(kOwnIp, kService), Counter::DropArpConflict);
    Packet own_station = arp_request(kOwnIp, kClient, kOwnMac);
    kClientMac.store(own_station.mutable_bytes(), 6);  // another station says it
    expect_drop(std::move(own_station), Counter::DropArpConflict);
    expect_drop(arp_request(kOwnIp, kMember, kClientMac), Counter::DropArpConflict);
    expect_drop(arp_reply(kMember, kClientMac), Counter::DropArpConflict);
    interface_.send_ipv4(udp(kOwnIp, kMember), now_);
    EXPECT_EQ(wire::EthernetView::parse(next_frame().bytes())->destination(), kMemberMac);
}

TEST_F(InterfaceTest, SendersThatAreNotOnTheLinkEvictNobody) {
    introduce_client();
    for (std::uint32_t i = 0; i < ip::NeighborCache::kKnownMax; ++i) {
        EXPECT_FALSE(passes(arp_request(kService, Ipv4Address(kFarAway.value() + i))));
        next_frame();
    }
    interface_.send_ipv4(udp(kService, kClient), now_);
    EXPECT_EQ(wire::EthernetView::parse(next_frame().bytes())->destination(), kClientMac);
}

TEST_F(InterfaceTest, AnswersAMemberThatAsks) {
    EXPECT_FALSE(passes(arp_request(kOwnIp, kMember, kMemberMac)));
    EXPECT_TRUE(interface_.poll_transmit());
}

// --- the way out ---

TEST_F(InterfaceTest, AsksForTheNextHopAndThenSendsWhatWaited) {
    interface_.send_ipv4(udp(kService, kClient, 1), now_);
    interface_.send_ipv4(udp(kService, kClient, 2), now_);
    const Packet request = next_frame();
    const auto ethernet = wire::EthernetView::parse(request.bytes());
    EXPECT_TRUE(ethernet->destination().is_broadcast());
    const auto arp = wire::ArpView::parse(ethernet->payload());
    ASSERT_TRUE(arp);
    EXPECT_EQ(arp->operation(), wire::ArpOperation::Request);
    EXPECT_EQ(arp->sender_ip(), kOwnIp) << "the sender is never the service (SYS-1)";
    EXPECT_EQ(arp->target_ip(), kClient);
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);

    EXPECT_FALSE(passes(arp_reply(kClient, kClientMac)));
    for (const std::size_t size : {1U, 2U}) {
        const Packet frame = next_frame();
        const auto sent = wire::EthernetView::parse(frame.bytes());
        EXPECT_EQ(sent->destination(), kClientMac);
        EXPECT_EQ(sent->source(), kOwnMac);
        EXPECT_EQ(sent->payload().size(), wire::kIpv4HeaderSize + wire::kUdpHeaderSize + size);
    }
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
}

TEST_F(InterfaceTest, SendsAtOnceToAStationThatHasAskedForUs) {
    introduce_client();
    interface_.send_ipv4(udp(kService, kClient), now_);
    EXPECT_EQ(wire::EthernetView::parse(next_frame().bytes())->destination(), kClientMac);
    EXPECT_EQ(interface_.poll_deadline(), std::nullopt);
}

// The next hop is never learned from what comes in (SYS-4).
TEST_F(InterfaceTest, SendsThroughTheRouterWhatIsNotOnTheLink) {
    EXPECT_TRUE(passes(framed(udp(kFarAway, kService), wire::kEtherTypeIpv4, kClientMac)));
    interface_.send_ipv4(udp(kService, kFarAway), now_);
    const Packet request = next_frame();
    const auto arp = wire::ArpView::parse(wire::EthernetView::parse(request.bytes())->payload());
    EXPECT_EQ(arp->target_ip(), kRouter);
    EXPECT_FALSE(passes(arp_reply(kRouter, kRouterMac)));
    const Packet frame = next_frame();
    const auto sent = wire::EthernetView::parse(frame.bytes());
    EXPECT_EQ(sent->destination(), kRouterMac);
    EXPECT_EQ(wire::Ipv4View::parse(sent->payload())->destination(), kFarAway);
}

TEST_F(InterfaceTest, AsksForTheRouterAnewIfNobodyAnswersThroughIt) {
    EXPECT_FALSE(passes(arp_request(kService, kRouter, kRouterMac)));
    next_frame();
    interface_.send_ipv4(udp(kService, kFarAway), now_);
    next_frame();
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
    interface_.doubt_route_to(kFarAway, now_);
    interface_.send_ipv4(udp(kService, kFarAway), now_);
    const Packet request = next_frame();
    const auto arp = wire::ArpView::parse(wire::EthernetView::parse(request.bytes())->payload());
    ASSERT_TRUE(arp);
    EXPECT_EQ(arp->target_ip(), kRouter);
    EXPECT_EQ(wire::EthernetView::parse(next_frame().bytes())->destination(), kRouterMac);
}

TEST_F(InterfaceTest, AsksThreeTimesAndThenGivesUpWhatWaited) {
    interface_.send_ipv4(udp(kService, kClient), now_);
    interface_.send_ipv4(udp(kService, kClient), now_);
    for (int request = 1; request <= 3; ++request) {
        next_frame();
        EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
        ASSERT_EQ(interface_.poll_deadline(), now_ + Duration::seconds(1));
        now_ = now_ + Duration::seconds(1);
        interface_.handle_deadline(now_);
    }
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
    EXPECT_EQ(interface_.poll_deadline(), std::nullopt);
    EXPECT_EQ(count(Counter::DropNeighborSilent), 2U);
    EXPECT_FALSE(passes(arp_reply(kClient, kClientMac)));
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt) << "what was given up is gone";
}

TEST_F(InterfaceTest, BoundsWhatWaits) {
    for (std::size_t i = 0; i <= WaitingPackets::kPerNextHopMax; ++i) {
        interface_.send_ipv4(udp(kService, kClient), now_);
    }
    EXPECT_EQ(count(Counter::DropNeighborFull), 1U);
}

TEST_F(InterfaceTest, KnowsNoWayToWhatIsNoHost) {
    for (const Ipv4Address destination :
         {Ipv4Address(10, 7, 255, 255), Ipv4Address(255, 255, 255, 255), Ipv4Address(224, 0, 0, 1),
          Ipv4Address(127, 0, 0, 1), kService}) {
        const std::uint64_t before = count(Counter::DropRouteNone);
        interface_.send_ipv4(udp(kOwnIp, destination), now_);
        EXPECT_EQ(count(Counter::DropRouteNone), before + 1) << destination.to_string();
        EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
    }
}

TEST_F(InterfaceTest, SendsNothingLongerThanTheLinkCarries) {
    interface_.send_to(kMemberMac, 0x88B5, pool_.copy(std::vector<std::uint8_t>(1'501)));
    EXPECT_EQ(count(Counter::DropLinkMtu), 1U);
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
    interface_.send_to(kMemberMac, 0x88B5, pool_.copy(std::vector<std::uint8_t>(1'500)));
    const Packet frame = next_frame();
    EXPECT_EQ(frame.size(), 1'514U);
    EXPECT_EQ(wire::EthernetView::parse(frame.bytes())->type(), 0x88B5);
}

TEST_F(InterfaceTest, SendsALongPacketInFragmentsUnlessItForbidsThat) {
    introduce_client();
    Packet packet = udp(kService, kClient, 3'000);
    const std::vector<std::uint8_t> sent(packet.bytes().begin(), packet.bytes().end());
    packet.mutable_bytes()[6] = 0x40;  // must not be fragmented
    store_u16(packet.mutable_bytes(), 10, 0);
    store_u16(packet.mutable_bytes(), 10,
              wire::internet_checksum(packet.bytes().first(wire::kIpv4HeaderSize)));
    interface_.send_ipv4(std::move(packet), now_);
    EXPECT_EQ(count(Counter::DropLinkMtu), 1U);
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
    interface_.send_ipv4(udp(kService, kClient, 3'000), now_);
    std::size_t payload = 0;
    while (const auto frame = interface_.poll_transmit()) {
        EXPECT_LE(frame->size(), 1'514U);
        payload += frame->size() - wire::kEthernetHeaderSize - wire::kIpv4HeaderSize;
    }
    EXPECT_EQ(payload, sent.size() - wire::kIpv4HeaderSize);
}

TEST_F(InterfaceTest, BoundsWhatIsOnItsWayOut) {
    for (std::size_t i = 0; i <= FrameQueue::kFramesMax; ++i) {
        interface_.send_to(kMemberMac, 0x88B5, pool_.take());
    }
    EXPECT_EQ(count(Counter::DropLinkQueue), 1U);
}

// --- ICMP (IP-3) ---

TEST_F(InterfaceTest, AnswersEchoAsTheAddressThatWasAsked) {
    introduce_client();
    Packet request = echo(kClient, kService);
    for (auto& byte : request.append(20))
        byte = 0xFF;  // the link's padding
    EXPECT_FALSE(passes(framed(std::move(request), wire::kEtherTypeIpv4)));
    const Packet frame = next_frame();
    const auto ip = wire::Ipv4View::parse(wire::EthernetView::parse(frame.bytes())->payload());
    ASSERT_TRUE(ip);
    EXPECT_EQ(ip->source(), kService);
    EXPECT_EQ(ip->destination(), kClient);
    const auto reply = wire::IcmpView::parse(*ip);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->type(), wire::IcmpType::EchoReply);
    EXPECT_EQ(reply->identifier(), 0x1234);
    EXPECT_EQ(reply->sequence(), 7);
    EXPECT_EQ(std::string(reply->payload().begin(), reply->payload().end()), "ping!");
}

// SYS-5: at a forward IP nothing but the farm's own protocols has an answer.
TEST_F(InterfaceTest, AnswersNoEchoToASilentAddress) {
    introduce_client();
    EXPECT_TRUE(passes(framed(echo(kClient, kSilent), wire::kEtherTypeIpv4)));
    EXPECT_EQ(interface_.poll_transmit(), std::nullopt);
}

TEST_F(InterfaceTest, DropsAnEchoWithAWrongChecksum) {
    Packet request = echo(kClient, kService);
    request.mutable_bytes()[request.size() - 1] ^= 1;
    expect_drop(framed(std::move(request), wire::kEtherTypeIpv4), Counter::DropIcmpChecksum);
}

TEST_F(InterfaceTest, LimitsTheRateOfEchoReplies) {
    introduce_client();
    const auto replies = [&](int requests) {
        for (int i = 0; i < requests; ++i) {
            EXPECT_FALSE(passes(framed(echo(kClient, kService), wire::kEtherTypeIpv4)));
        }
        int sent = 0;
        while (interface_.poll_transmit())
            ++sent;
        return sent;
    };
    EXPECT_EQ(replies(60), ip::IcmpReplies::kBurst);
    EXPECT_EQ(count(Counter::DropIcmpRate), 60U - ip::IcmpReplies::kBurst);
    now_ = now_ + Duration::seconds(1) / ip::IcmpReplies::kEchoesPerSecond;
    EXPECT_EQ(replies(2), 1);
}

TEST_F(InterfaceTest, TellsThatNobodyListensOnAPort) {
    introduce_client();
    const Packet about = udp(kClient, kService, 1'000);
    interface_.send_port_unreachable(*wire::Ipv4View::parse(about.bytes()), now_);
    const Packet frame = next_frame();
    const auto ip = wire::Ipv4View::parse(wire::EthernetView::parse(frame.bytes())->payload());
    EXPECT_EQ(ip->source(), kService);
    EXPECT_EQ(ip->destination(), kClient);
    EXPECT_EQ(ip->total_length(), 576);
    const auto message = wire::IcmpView::parse(*ip);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->type(), wire::IcmpType::DestinationUnreachable);
    EXPECT_EQ(message->code(), wire::kIcmpPortUnreachable);
}

}  // namespace
}  // namespace shunt::stack
