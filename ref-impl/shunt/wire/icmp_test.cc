// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/icmp.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

// An echo with "ping!"; fragmentation needed, MTU 1484, with 28 quoted bytes.
const Bytes kEcho = from_hex("08 00 E5F5 1234 0005 70696E6721");
const Bytes kTooBig =
    from_hex("03 04 E479 0000 05CC 45100053 00070000 3F066677 0A070009 0A070101 12670050 FFFFFFFE");

Packet in_ipv4(PacketPool& pool, const Bytes& payload, Ipv4Header header) {
    Packet packet = pool.copy(payload);
    header.source = Ipv4Address(10, 7, 0, 9);
    header.destination = Ipv4Address(10, 7, 1, 1);
    header.prepend_to(packet);
    return packet;
}

Counter fault_of(const Bytes& payload, Ipv4Header header = {.protocol = IpProtocol::Icmp}) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, payload, header);
    const auto view = IcmpView::parse(*Ipv4View::parse(packet.bytes()));
    return view ? Counter::kCount : view.error();
}

TEST(IcmpTest, ReadsAnEcho) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, kEcho, {.protocol = IpProtocol::Icmp});
    const auto view = IcmpView::parse(*Ipv4View::parse(packet.bytes()));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->type(), IcmpType::Echo);
    EXPECT_EQ(view->code(), 0);
    EXPECT_EQ(view->identifier(), 0x1234);
    EXPECT_EQ(view->sequence(), 5);
    EXPECT_EQ(to_hex(view->payload()), "70 69 6e 67 21");
}

TEST(IcmpTest, ReadsFragmentationNeeded) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, kTooBig, {.protocol = IpProtocol::Icmp});
    const auto view = IcmpView::parse(*Ipv4View::parse(packet.bytes()));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->type(), IcmpType::DestinationUnreachable);
    EXPECT_EQ(view->code(), kIcmpFragmentationNeeded);
    EXPECT_EQ(view->next_hop_mtu(), 1484);
    EXPECT_EQ(view->payload().size(), 28U);
}

TEST(IcmpTest, WritesWhatItReads) {
    PacketPool pool;
    Packet echo = pool.copy(from_hex("70696E6721"));
    IcmpHeader{.type = IcmpType::Echo, .identifier = 0x1234, .sequence_or_mtu = 5}.prepend_to(echo);
    EXPECT_EQ(to_hex(echo.bytes()), to_hex(kEcho));
    Packet too_big = pool.copy(ByteView(kTooBig).subspan(kIcmpHeaderSize));
    IcmpHeader{.type = IcmpType::DestinationUnreachable,
               .code = kIcmpFragmentationNeeded,
               .sequence_or_mtu = 1484}
        .prepend_to(too_big);
    EXPECT_EQ(to_hex(too_big.bytes()), to_hex(kTooBig));
}

TEST(IcmpTest, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < kEcho.size(); ++size) {
        EXPECT_EQ(fault_of(test::cut(kEcho, kEcho.size() - size)),
                  size < kIcmpHeaderSize ? Counter::DropIcmpTruncated : Counter::DropIcmpChecksum)
            << size;
    }
}

TEST(IcmpTest, TheChecksumCoversEveryByte) {
    for (std::size_t at = 0; at < kEcho.size(); ++at) {
        EXPECT_EQ(fault_of(test::with_byte(kEcho, at, kEcho[at] ^ 0x80)), Counter::DropIcmpChecksum)
            << at;
    }
}

TEST(IcmpTest, RefusesFragmentsAndOtherProtocols) {
    EXPECT_EQ(fault_of(kEcho, {.more_fragments = true, .protocol = IpProtocol::Icmp}),
              Counter::DropIpv4Fragment);
    EXPECT_EQ(fault_of(kEcho, {.protocol = IpProtocol::Udp}), Counter::DropIpv4Protocol);
}

TEST(IcmpTest, ErrorsAreThoseThatQuote) {
    for (unsigned type = 0; type <= 0xFF; ++type) {
        EXPECT_EQ(is_error(static_cast<IcmpType>(type)), type == 3 || type == 11 || type == 12)
            << type;
    }
}

}  // namespace
}  // namespace shunt::wire
