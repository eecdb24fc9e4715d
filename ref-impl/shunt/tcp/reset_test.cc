// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/reset.hh"

#include <gtest/gtest.h>

#include "shunt/wire/ipv4.hh"

namespace shunt::tcp {
namespace {

const Identity kIdentity{wire::Ipv4Address(10, 7, 1, 1), 80, wire::Ipv4Address(10, 7, 0, 9), 4'711};

std::optional<Reset> answer_to(const wire::TcpHeader& header, std::size_t text) {
    PacketPool pool;
    Packet packet = pool.take();
    packet.append(text);
    for (auto& byte : packet.mutable_bytes())
        byte = 'x';
    header.prepend_to(packet, kIdentity.remote_address, kIdentity.local_address);
    wire::Ipv4Header internet;
    internet.source = kIdentity.remote_address;
    internet.destination = kIdentity.local_address;
    internet.prepend_to(packet);
    return Reset::answer_to(*wire::TcpView::parse(*wire::Ipv4View::parse(packet.bytes())));
}

TEST(Reset, TakesItsSequenceFromAnAcknowledgment) {
    wire::TcpHeader header;
    header.sequence = SequenceNumber(7);
    header.acknowledgment = SequenceNumber(4'000'000'000);
    header.flags.acknowledgment = true;
    EXPECT_EQ(answer_to(header, 10), (Reset{SequenceNumber(4'000'000'000), std::nullopt}));
}

TEST(Reset, AcknowledgesASegmentWithoutOne) {
    wire::TcpHeader header;
    header.sequence = SequenceNumber(0xFFFF'FFFF);
    header.flags.syn = true;
    EXPECT_EQ(answer_to(header, 0), (Reset{SequenceNumber(0), SequenceNumber(0)}));
    header.flags.syn = false;
    header.flags.fin = true;
    EXPECT_EQ(answer_to(header, 10), (Reset{SequenceNumber(0), SequenceNumber(10)}));
}

TEST(Reset, NeverAnswersAReset) {
    wire::TcpHeader header;
    header.flags.reset = true;
    EXPECT_EQ(answer_to(header, 0), std::nullopt);
    header.flags.acknowledgment = true;
    EXPECT_EQ(answer_to(header, 0), std::nullopt);
}

TEST(Reset, IsWrittenAsAWholePacketFromTheLocalEnd) {
    PacketPool pool;
    Packet packet = pool.take();
    Reset{SequenceNumber(5), SequenceNumber(9)}.write(kIdentity, packet);
    const auto internet = wire::Ipv4View::parse(packet.bytes());
    ASSERT_TRUE(internet);
    EXPECT_EQ(internet->source(), kIdentity.local_address);
    EXPECT_EQ(internet->destination(), kIdentity.remote_address);
    EXPECT_TRUE(internet->dont_fragment());
    EXPECT_EQ(internet->ttl(), 64);
    const auto segment = wire::TcpView::parse(*internet);
    ASSERT_TRUE(segment);
    EXPECT_EQ(segment->source_port(), 80);
    EXPECT_EQ(segment->destination_port(), 4'711);
    EXPECT_TRUE(segment->flags().reset && segment->flags().acknowledgment);
    EXPECT_EQ(segment->acknowledgment(), SequenceNumber(9));
}

}  // namespace
}  // namespace shunt::tcp
