// SPDX-License-Identifier: Apache-2.0
// What the front answers with ICMP, and what ICMP errors from routers do there (IP-3, TCP-13).
#include <algorithm>
#include <string>
#include <vector>

#include "shunt/node/raw_client_fixture.hh"
#include "shunt/wire/quoted_packet.hh"

namespace shunt::node {
namespace {

using migrate::Table;

class IcmpPackets : public RawClientFixture {
  protected:
    void send_datagram(wire::Ipv4Address source, wire::Ipv4Address destination = kService) {
        Packet packet = pool_.copy(std::vector<std::uint8_t>(100, 0x5A));
        wire::UdpHeader{4'711, 53}.prepend_to(packet, source, destination);
        send_ipv4(std::move(packet), wire::IpProtocol::Udp, source, destination);
    }
    /// An error about a packet from `service` to the flow that began with `sequence`.
    void send_error(const RawFlow& flow, wire::IcmpHeader header, SequenceNumber sequence,
                    wire::Ipv4Address service = kService) {
        Packet packet = pool_.take();
        wire::TcpHeader quoted;
        quoted.source_port = 80;
        quoted.destination_port = flow.port;
        quoted.sequence = sequence;
        quoted.prepend_to(packet, service, flow.address);
        wire::Ipv4Header ip;
        ip.source = service;
        ip.destination = flow.address;
        ip.prepend_to(packet);
        packet.trim_back(12);  // 8 bytes behind the header have to do
        header.prepend_to(packet);
        send_ipv4(std::move(packet), wire::IpProtocol::Icmp, wire::Ipv4Address(192, 0, 2, 1));
    }
    void send_too_long(const RawFlow& flow, SequenceNumber sequence, std::uint16_t mtu) {
        send_error(flow,
                   {wire::IcmpType::DestinationUnreachable, wire::kIcmpFragmentationNeeded, 0, mtu},
                   sequence);
    }
    /// The sizes of what the node sends now to the flow.
    std::vector<std::size_t> packet_sizes(const RawFlow& flow) {
        std::vector<std::size_t> sizes;
        drain([&](const wire::Ipv4View& ip) {
            if (ip.destination() == flow.address) sizes.push_back(ip.total_length());
        });
        return sizes;
    }
    /// Opens, asks for a large object and leaves the answer unacknowledged.
    RawFlow ask() {
        RawFlow flow = random_flow();
        open(flow);
        send(flow, kAck, "GET /bytes/100000 HTTP/1.1\r\nHost: x\r\n\r\n");
        return flow;
    }
    std::vector<wire::IcmpType> icmp_types() {
        std::vector<wire::IcmpType> types;
        drain([&](const wire::Ipv4View& ip) {
            if (ip.protocol() == wire::IpProtocol::Icmp)
                types.push_back(wire::IcmpView::parse(ip)->type());
        });
        return types;
    }
};

// --- out (IP-3) ---

TEST_F(IcmpPackets, ADatagramThatNobodyTakesIsAnswered) {
    const wire::Ipv4Address client(192, 0, 2, 7);
    for (const auto destination : {kService, config_.servers[0].front_ip.address}) {
        send_datagram(client, destination);
        int answers = 0;
        drain([&](const wire::Ipv4View& ip) {
            ++answers;
            EXPECT_EQ(ip.source(), destination);
            EXPECT_EQ(ip.destination(), client);
            const auto message = wire::IcmpView::parse(ip);
            ASSERT_TRUE(message);
            EXPECT_EQ(message->type(), wire::IcmpType::DestinationUnreachable);
            EXPECT_EQ(message->code(), wire::kIcmpPortUnreachable);
            const auto quoted = wire::QuotedPacketView::parse(message->payload());
            ASSERT_TRUE(quoted);
            EXPECT_EQ(quoted->destination_port(), 53);
        });
        EXPECT_EQ(answers, 1);
    }
    EXPECT_EQ(count(Counter::DropUdpPort), 2U);
}

TEST_F(IcmpPackets, ADamagedDatagramIsNot) {
    Packet packet = pool_.copy(std::vector<std::uint8_t>(100, 0x5A));
    const wire::Ipv4Address client(192, 0, 2, 7);
    wire::UdpHeader{4'711, 53}.prepend_to(packet, client, kService);
    packet.mutable_bytes()[20] ^= 1;
    send_ipv4(std::move(packet), wire::IpProtocol::Udp, client);
    EXPECT_EQ(count(Counter::DropUdpChecksum), 1U);
    EXPECT_TRUE(icmp_types().empty());
}

TEST_F(IcmpPackets, AnswersAreLimited) {
    for (int i = 0; i < 1'000; ++i)
        send_datagram(random_address());
    EXPECT_EQ(icmp_types().size(), static_cast<std::size_t>(ip::IcmpReplies::kBurst));
    EXPECT_EQ(count(Counter::DropUdpPort), 1'000U);
    EXPECT_EQ(count(Counter::DropIcmpRate), 1'000U - ip::IcmpReplies::kBurst);
    now_ = now_ + Duration::seconds(1);
    for (int i = 0; i < 1'000; ++i)
        send_datagram(random_address());
    EXPECT_EQ(icmp_types().size(), static_cast<std::size_t>(ip::IcmpReplies::kBurst))
        << "what is saved up is bounded too";
}

TEST_F(IcmpPackets, AProtocolThatNobodySpeaksIsAnswered) {
    send_ipv4(pool_.copy(std::vector<std::uint8_t>(20)), static_cast<wire::IpProtocol>(132),
              random_address());
    EXPECT_EQ(count(Counter::DropFrontProtocol), 1U);
    bool is_answered = false;
    drain([&](const wire::Ipv4View& ip) {
        const auto message = wire::IcmpView::parse(ip);
        is_answered = message && message->code() == wire::kIcmpProtocolUnreachable;
    });
    EXPECT_TRUE(is_answered);
}

TEST_F(IcmpPackets, ErrorsAndAnswersAreNotAnswered) {
    RawFlow flow = random_flow();
    send_error(flow, {wire::IcmpType::DestinationUnreachable, 3, 0, 0}, SequenceNumber(1));
    EXPECT_EQ(count(Counter::DropIcmpUnrelated), 1U);
    Packet packet = pool_.copy(std::vector<std::uint8_t>(20));
    wire::IcmpHeader{wire::IcmpType::EchoReply, 0, 1, 1}.prepend_to(packet);
    send_ipv4(std::move(packet), wire::IpProtocol::Icmp, flow.address);
    EXPECT_EQ(count(Counter::DropIcmpType), 1U);
    EXPECT_TRUE(icmp_types().empty());
}

// --- in (TCP-13) ---

TEST_F(IcmpPackets, FragmentationNeededMakesSegmentsSmallerForThisAndTheNextConnection) {
    const RawFlow flow = ask();
    const auto before = packet_sizes(flow);
    ASSERT_EQ(*std::ranges::max_element(before), 1'500U);
    send_too_long(flow, flow.heard, 1'000);
    const auto after = packet_sizes(flow);
    ASSERT_FALSE(after.empty()) << "what did not arrive is sent again";
    EXPECT_EQ(*std::ranges::max_element(after), 1'000U);
    RawFlow next = random_flow();
    next.address = flow.address;
    open(next);
    send(next, kAck, "GET /bytes/100000 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(std::ranges::max(packet_sizes(next)), 1'000U);
    now_ = now_ + ip::PathMtuCache::kLifetime;
    next = random_flow();
    next.address = flow.address;
    open(next);
    send(next, kAck, "GET /bytes/100000 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(std::ranges::max(packet_sizes(next)), 1'500U) << "RFC 1191 6.3";
}

TEST_F(IcmpPackets, AnErrorThatQuotesWhatIsNotInFlightTeachesNothing) {
    const RawFlow flow = ask();
    packet_sizes(flow);
    send_too_long(flow, flow.heard - 1, 1'000);
    send_too_long(flow, flow.heard + (1U << 20), 1'000);
    EXPECT_EQ(count(Counter::DropIcmpSequence), 2U);
    RawFlow next = random_flow();
    next.address = flow.address;
    open(next);
    send(next, kAck, "GET /bytes/100000 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(std::ranges::max(packet_sizes(next)), 1'500U);
}

TEST_F(IcmpPackets, AnErrorAboutAnotherServersPacketIsNothing) {
    const RawFlow flow = ask();
    packet_sizes(flow);
    send_error(flow, {wire::IcmpType::DestinationUnreachable, 1, 0, 0}, flow.heard,
               wire::Ipv4Address(10, 7, 1, 2));
    RawFlow stranger = flow;
    ++stranger.port;
    send_error(stranger, {wire::IcmpType::DestinationUnreachable, 1, 0, 0}, flow.heard);
    EXPECT_EQ(count(Counter::DropIcmpUnrelated), 2U);
}

TEST_F(IcmpPackets, UnreachablesEndNoConnection) {
    RawFlow flow = ask();
    packet_sizes(flow);
    for (std::uint8_t code = 0; code < 16; ++code) {
        if (code == wire::kIcmpFragmentationNeeded) continue;
        send_error(flow, {wire::IcmpType::DestinationUnreachable, code, 0, 0}, flow.heard);
    }
    EXPECT_EQ(size(Table::Local), 1U);
    flow.heard = flow.heard + 1'000;
    send(flow, kAck);
    EXPECT_FALSE(packet_sizes(flow).empty()) << "it goes on";
}

// RFC 9293 3.9.2.2, MUST-55.
TEST_F(IcmpPackets, ASourceQuenchIsNothing) {
    const RawFlow flow = ask();
    packet_sizes(flow);
    send_error(flow, {wire::IcmpType{4}, 0, 0, 0}, flow.heard);
    EXPECT_EQ(count(Counter::DropIcmpType), 1U);
    EXPECT_EQ(size(Table::Local), 1U);
    EXPECT_TRUE(icmp_types().empty());
}

// CVE-2016-5696: what is spent on one flow shows on no other.
TEST_F(IcmpPackets, ChallengesOfOneFlowTellNothingOfAnother) {
    RawFlow spent = random_flow();
    open(spent);
    RawFlow watched = random_flow();
    open(watched);
    drain();
    const auto challenges = [&](const RawFlow& flow, int guesses) {
        std::size_t answers = 0;
        for (int i = 0; i < guesses; ++i) {
            RawFlow guess = flow;
            guess.next = flow.next + 1 + static_cast<std::uint32_t>(i);
            send(guess, {.reset = true});
            answers += packet_sizes(flow).size();
        }
        return answers;
    };
    const std::size_t most = challenges(spent, 1'000);
    EXPECT_LT(most, 100U) << "limited";
    EXPECT_EQ(challenges(watched, 1'000), most) << "and all there for the other";
}

}  // namespace
}  // namespace shunt::node
