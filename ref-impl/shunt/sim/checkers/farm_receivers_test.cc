// SPDX-License-Identifier: Apache-2.0
// A farm acknowledges what has come to one of its servers, by whatever way.
#include "shunt/sim/checkers/farm_receivers.hh"

#include <gtest/gtest.h>

#include "shunt/wire/ipv4.hh"

namespace shunt::sim {
namespace {

const wire::ConnectionTuple kTuple{wire::Ipv4Address(10, 7, 0, 9), 4711,
                                   wire::Ipv4Address(10, 7, 1, 1), 80,
                                   wire::TransportProtocol::Tcp};

class FarmReceiversTest : public ::testing::Test {
  protected:
    /// One segment, whole; the view refers to it until the next one is made.
    wire::TcpView segment(std::uint32_t sequence, wire::TcpFlags flags, std::uint32_t acknowledged,
                          std::size_t text = 0) {
        packet_ = pool_.take();
        for (std::uint8_t& byte : packet_.append(text))
            byte = 1;
        wire::TcpHeader header;
        header.sequence = SequenceNumber(sequence);
        header.acknowledgment = SequenceNumber(acknowledged);
        header.flags = flags;
        header.window = 1'000;
        header.prepend_to(packet_, kTuple.client, kTuple.service);
        wire::Ipv4Header ip;
        ip.source = kTuple.client;
        ip.destination = kTuple.service;
        ip.prepend_to(packet_);
        return *wire::TcpView::parse(*wire::Ipv4View::parse(packet_.bytes()));
    }

    void arrive_at_home(const std::optional<wire::TcpView>& view) {
        receivers_.client_packet_arrived({Instant{}, HostId{}, kTuple, view, packet_.bytes()});
    }
    void server_acknowledges(std::uint32_t number) {
        wire::TcpFlags flags;
        flags.acknowledgment = true;
        receivers_.server_sent({Instant{}, HostId{}, {}, kTuple, segment(5'000, flags, number)});
    }

    PacketPool pool_;
    Packet packet_;
    ViolationLog log_{1};
    FarmReceivers receivers_{log_};
    static constexpr wire::TcpFlags kSyn{.syn = true};
    static constexpr wire::TcpFlags kText{.acknowledgment = true};
};

TEST_F(FarmReceiversTest, DamagedPacketHasNotComeAndItsAcknowledgmentIsSeen) {
    arrive_at_home(segment(100, kSyn, 0));
    segment(101, kText, 5'000, 10);
    arrive_at_home(std::nullopt);
    server_acknowledges(101);
    EXPECT_TRUE(log_.empty());
    server_acknowledges(111);
    ASSERT_EQ(log_.count(), 1U);
    EXPECT_EQ(log_.kept().front().rule, "TCP-1");
}

TEST_F(FarmReceiversTest, PacketThatIsWholeAtItsTargetHasCome) {
    arrive_at_home(segment(100, kSyn, 0));
    FarmMessage message;
    message.tuple = kTuple;
    message.inner = segment(101, kText, 5'000, 10);
    receivers_.message_arrived(message);
    server_acknowledges(111);
    EXPECT_TRUE(log_.empty());
}

TEST_F(FarmReceiversTest, ConnectionThatACrashHasHitIsNotJudged) {
    arrive_at_home(segment(100, kSyn, 0));
    receivers_.orphaned(kTuple);
    server_acknowledges(9'999);
    EXPECT_TRUE(log_.empty());
}

}  // namespace
}  // namespace shunt::sim
