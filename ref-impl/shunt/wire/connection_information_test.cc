// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/connection_information.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

EncapsulationHeader header(TransportProtocol protocol) {
    return {.source = Ipv4Address(10, 7, 0, 9),
            .source_port = 4711,
            .destination = Ipv4Address(10, 8, 1, 2),
            .destination_port = 80,
            .type = EncapsulationType::Connection,
            .protocol = protocol};
}

Result<ConnectionInformation, Counter> round_trip(const ConnectionInformation& information,
                                                  TransportProtocol protocol, ProtocolSet set) {
    PacketPool pool;
    Packet packet = pool.take();
    information.append_to(packet);
    header(protocol).prepend_to(packet);
    packet.append(Bytes(8, 0));
    const auto view = EncapsulationView::parse(packet.bytes(), set);
    EXPECT_TRUE(view) << to_hex(packet.bytes());
    return ConnectionInformation::parse(*view);
}

ConnectionInformation of_tcp() {
    ConnectionInformation information;
    information.service = Ipv4Address(10, 7, 1, 1);
    information.service_port = 80;
    information.block = ControlBlock{};
    information.block->mss = 1'460;
    information.block->last_acknowledgment_sent = SequenceNumber(0xFEDCBA98);
    return information;
}

TEST(ConnectionInformationTest, HoldsTheServiceAddressThenTheBlock) {
    PacketPool pool;
    Packet packet = pool.take();
    of_tcp().append_to(packet);
    ASSERT_EQ(packet.size(), 146U);
    EXPECT_EQ(to_hex(packet.bytes().first(6)), "0a 07 01 01 00 50");
    EXPECT_EQ(load_u16(packet.bytes(), 6 + 24), 1'460);
    EXPECT_EQ(load_u32(packet.bytes(), 6 + 136), 0xFEDCBA98U);
}

TEST(ConnectionInformationTest, ComesBackAsItWasWritten) {
    const auto tcp = round_trip(of_tcp(), TransportProtocol::Tcp, ProtocolSet::Base);
    ASSERT_TRUE(tcp);
    EXPECT_EQ(*tcp, of_tcp());

    ConnectionInformation udp = of_tcp();
    udp.block.reset();
    const auto base = round_trip(udp, TransportProtocol::Udp, ProtocolSet::Base);
    ASSERT_TRUE(base);
    EXPECT_EQ(*base, udp);

    udp.flow_number = 0x01020304;
    const auto extended = round_trip(udp, TransportProtocol::Udp, ProtocolSet::Extended);
    ASSERT_TRUE(extended);
    EXPECT_EQ(*extended, udp);
}

TEST(ConnectionInformationTest, ServerPortAndDestinationPortAreOne) {
    ConnectionInformation information = of_tcp();
    information.service_port = 81;
    const auto result = round_trip(information, TransportProtocol::Tcp, ProtocolSet::Base);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), Counter::DropEncapsulationPayload);
}

}  // namespace
}  // namespace shunt::wire
