// SPDX-License-Identifier: Apache-2.0
// What comes for the server's own front address, where nobody listens (RFC 9293 3.5.2, group 1;
// RFC 1122 3.2.2.1).
#include <gtest/gtest.h>

#include <vector>

#include "shunt/ip/icmp_replies.hh"
#include "shunt/node/raw_client_fixture.hh"

namespace shunt::node {
namespace {

class OwnAddress : public RawClientFixture {
  protected:
    void send_segment_to(wire::Ipv4Address destination, wire::TcpFlags flags) {
        Packet packet = pool_.take();
        wire::TcpHeader header;
        header.source_port = 4'711;
        header.destination_port = 80;  // a service port, of other addresses
        header.sequence = SequenceNumber(1'000);
        header.acknowledgment = SequenceNumber(flags.acknowledgment ? 7'000 : 0);
        header.flags = flags;
        header.prepend_to(packet, kClient, destination);
        send_ipv4(std::move(packet), wire::IpProtocol::Tcp, kClient, destination);
    }
    struct Answer {
        wire::Ipv4Address source;
        wire::TcpFlags flags;
        SequenceNumber sequence;
        SequenceNumber acknowledgment;
    };
    std::vector<Answer> answers() {
        std::vector<Answer> all;
        drain([&](const wire::Ipv4View& ip) {
            if (ip.protocol() != wire::IpProtocol::Tcp) return;
            const auto segment = wire::TcpView::parse(ip);
            EXPECT_EQ(ip.destination(), kClient);
            all.push_back(
                {ip.source(), segment->flags(), segment->sequence(), segment->acknowledgment()});
        });
        return all;
    }

    static constexpr wire::Ipv4Address kClient{192, 0, 2, 7};
    const wire::Ipv4Address own_ = config_.servers[0].front_ip.address;
};

TEST_F(OwnAddress, ResetsWhatIsForAClosedPort) {
    send_segment_to(own_, kSyn);
    send_segment_to(own_, kAck);
    const auto sent = answers();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].source, own_);
    EXPECT_TRUE(sent[0].flags.reset && sent[0].flags.acknowledgment);
    EXPECT_EQ(sent[0].acknowledgment, SequenceNumber(1'001));
    EXPECT_TRUE(sent[1].flags.reset && !sent[1].flags.acknowledgment);
    EXPECT_EQ(sent[1].sequence, SequenceNumber(7'000));
    EXPECT_EQ(count(Counter::TcpStray), 2U);
    EXPECT_EQ(size(migrate::Table::Temporary), 0U);
}

TEST_F(OwnAddress, LeavesAResetAndADamagedSegmentUnanswered) {
    send_segment_to(own_, {.reset = true});
    Packet packet = pool_.take();
    wire::TcpHeader header;
    header.flags = kSyn;
    header.prepend_to(packet, kClient, own_);
    packet.mutable_bytes()[4] ^= 1;
    send_ipv4(std::move(packet), wire::IpProtocol::Tcp, kClient, own_);
    EXPECT_TRUE(answers().empty());
    EXPECT_EQ(count(Counter::DropTcpChecksum), 1U);
}

TEST_F(OwnAddress, AnswersNoMoreOftenThanIcmpDoes) {
    for (int i = 0; i < 1'000; ++i)
        send_segment_to(own_, kSyn);
    EXPECT_EQ(answers().size(), static_cast<std::size_t>(ip::IcmpReplies::kBurst));
    EXPECT_EQ(count(Counter::DropFrontNoService), 1'000U - ip::IcmpReplies::kBurst);
}

TEST_F(OwnAddress, IsSilentForAddressesOfOtherServers) {
    config_ = farm::standard_plan(2);
    config_.servers[0].gateway = kRouter;
    start();
    for (const farm::Server& server : config_.servers) {
        for (const auto forward : server.forward_ips)
            send_segment_to(forward, kAck);
    }
    send_segment_to(config_.servers[1].front_ip.address, kAck);
    send_segment_to(config_.servers[1].services.front(), kAck);
    EXPECT_TRUE(answers().empty());
}

TEST_F(OwnAddress, ResetsAtAServiceAddressWhatIsForAClosedPortToo) {
    Packet packet = pool_.take();
    wire::TcpHeader header;
    header.source_port = 4'711;
    header.destination_port = 81;
    header.sequence = SequenceNumber(1'000);
    header.flags = kSyn;
    header.prepend_to(packet, kClient, kService);
    send_ipv4(std::move(packet), wire::IpProtocol::Tcp, kClient);
    const auto sent = answers();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].source, kService);
    EXPECT_TRUE(sent[0].flags.reset);
}

}  // namespace
}  // namespace shunt::node
