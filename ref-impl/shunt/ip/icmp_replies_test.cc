// SPDX-License-Identifier: Apache-2.0
#include "shunt/ip/icmp_replies.hh"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "shunt/wire/udp.hh"

namespace shunt::ip {
namespace {

using wire::Ipv4Address;

constexpr Instant kStart = Instant::from_nanoseconds(3'000'000'000);
constexpr Ipv4Address kClient(10, 7, 0, 9);
constexpr Ipv4Address kService(10, 7, 1, 1);

class IcmpRepliesTest : public testing::Test {
  protected:
    Packet datagram(std::size_t size, wire::Ipv4Header header = header_to_service()) {
        Packet packet = pool_.take();
        for (auto& byte : packet.append(size))
            byte = 0x33;
        wire::UdpHeader{4711, 9}.prepend_to(packet, header.source, header.destination);
        header.prepend_to(packet);
        return packet;
    }
    Packet icmp(wire::IcmpType type) {
        Packet packet = pool_.copy(std::vector<std::uint8_t>(28));
        wire::IcmpHeader header;
        header.type = type;
        header.prepend_to(packet);
        wire::Ipv4Header ip = header_to_service();
        ip.protocol = wire::IpProtocol::Icmp;
        ip.prepend_to(packet);
        return packet;
    }
    static wire::Ipv4Header header_to_service() {
        wire::Ipv4Header header;
        header.protocol = wire::IpProtocol::Udp;
        header.source = kClient;
        header.destination = kService;
        return header;
    }
    Result<Packet, Counter> refuse(const Packet& about, Instant now = kStart) {
        return replies_.port_unreachable(*wire::Ipv4View::parse(about.bytes()), now);
    }
    void expect_unanswerable(const Packet& about) {
        const auto reply = refuse(about);
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error(), Counter::DropIcmpUnanswerable);
    }

    PacketPool pool_;
    IcmpReplies replies_{pool_, kStart};
};

TEST_F(IcmpRepliesTest, AnErrorQuotesThePacketThatItIsAbout) {
    const Packet about = datagram(100);
    const auto reply = refuse(about);
    ASSERT_TRUE(reply);
    const auto ip = wire::Ipv4View::parse(reply->bytes());
    ASSERT_TRUE(ip);
    EXPECT_EQ(ip->source(), kService);
    EXPECT_EQ(ip->destination(), kClient);
    const auto message = wire::IcmpView::parse(*ip);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->type(), wire::IcmpType::DestinationUnreachable);
    EXPECT_EQ(message->code(), wire::kIcmpPortUnreachable);
    const ByteView quoted = message->payload();
    EXPECT_EQ(std::vector<std::uint8_t>(quoted.begin(), quoted.end()),
              std::vector<std::uint8_t>(about.bytes().begin(), about.bytes().end()));
}

TEST_F(IcmpRepliesTest, AnErrorIsNeverLongerThan576Bytes) {
    constexpr std::size_t headers = wire::kIpv4HeaderSize + wire::kUdpHeaderSize;
    EXPECT_EQ(refuse(datagram(IcmpReplies::kQuotedBytesMax - headers))->size(), 576U);
    EXPECT_EQ(refuse(datagram(IcmpReplies::kQuotedBytesMax - headers + 1))->size(), 576U);
    EXPECT_EQ(refuse(datagram(IcmpReplies::kQuotedBytesMax - headers - 1))->size(), 575U);
}

TEST_F(IcmpRepliesTest, FragmentationNeededTellsTheMtu) {
    const Packet about = datagram(1'400);
    const auto reply =
        replies_.fragmentation_needed(*wire::Ipv4View::parse(about.bytes()), 1'484, kStart);
    ASSERT_TRUE(reply);
    const auto ip = wire::Ipv4View::parse(reply->bytes());
    const auto message = wire::IcmpView::parse(*ip);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->code(), wire::kIcmpFragmentationNeeded);
    EXPECT_EQ(message->next_hop_mtu(), 1'484);
}

// RFC 1122 3.2.2, each of its exceptions.
TEST_F(IcmpRepliesTest, AnswersNoErrorNoLaterFragmentNoGroup) {
    expect_unanswerable(icmp(wire::IcmpType::DestinationUnreachable));
    expect_unanswerable(icmp(wire::IcmpType::TimeExceeded));
    expect_unanswerable(icmp(wire::IcmpType::ParameterProblem));
    wire::Ipv4Header later = header_to_service();
    later.fragment_offset = 8;
    expect_unanswerable(datagram(8, later));
    for (const Ipv4Address no_host : {Ipv4Address(0), Ipv4Address(224, 0, 0, 1),
                                      Ipv4Address(255, 255, 255, 255), Ipv4Address(127, 0, 0, 1)}) {
        wire::Ipv4Header header = header_to_service();
        header.source = no_host;
        expect_unanswerable(datagram(8, header));
        header = header_to_service();
        header.destination = no_host;
        expect_unanswerable(datagram(8, header));
    }
}

TEST_F(IcmpRepliesTest, AnswersTheFirstFragmentAndAnEcho) {
    wire::Ipv4Header first = header_to_service();
    first.more_fragments = true;
    EXPECT_TRUE(refuse(datagram(8, first)));
    EXPECT_TRUE(refuse(icmp(wire::IcmpType::Echo)));
}

TEST_F(IcmpRepliesTest, ErrorsHaveARateOfTheirOwn) {
    const Packet about = datagram(8);
    for (int i = 0; i < IcmpReplies::kBurst; ++i)
        ASSERT_TRUE(refuse(about));
    const auto reply = refuse(about);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error(), Counter::DropIcmpRate);
    const Packet request = icmp(wire::IcmpType::Echo);
    const auto ip = wire::Ipv4View::parse(request.bytes());
    EXPECT_TRUE(replies_.echo_reply(*ip, *wire::IcmpView::parse(*ip), kStart));
    EXPECT_TRUE(refuse(about, kStart + Duration::seconds(1) / IcmpReplies::kErrorsPerSecond));
}

// What cannot be answered takes nothing from what can.
TEST_F(IcmpRepliesTest, UnanswerablePacketsCostNoToken) {
    for (int i = 0; i < IcmpReplies::kBurst; ++i) {
        expect_unanswerable(icmp(wire::IcmpType::TimeExceeded));
    }
    EXPECT_TRUE(refuse(datagram(8)));
}

}  // namespace
}  // namespace shunt::ip
