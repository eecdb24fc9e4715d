// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/udp.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;
using test::with_u16;

constexpr Ipv4Address kClient(10, 7, 0, 9);
constexpr Ipv4Address kService(10, 7, 1, 1);

// 4711 to 53, "hello", between the two addresses above.
const Bytes kDatagram = from_hex("1267 0035 000D 944E 68656C6C6F");

Packet in_ipv4(PacketPool& pool, const Bytes& payload, Ipv4Header header) {
    Packet packet = pool.copy(payload);
    header.source = kClient;
    header.destination = kService;
    header.prepend_to(packet);
    return packet;
}

Counter fault_of(const Bytes& payload, Ipv4Header header = {.protocol = IpProtocol::Udp}) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, payload, header);
    const auto view = UdpView::parse(*Ipv4View::parse(packet.bytes()));
    return view ? Counter::kCount : view.error();
}

TEST(UdpTest, ReadsEveryField) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, kDatagram, {.protocol = IpProtocol::Udp});
    const auto view = UdpView::parse(*Ipv4View::parse(packet.bytes()));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->source_port(), 4711);
    EXPECT_EQ(view->destination_port(), 53);
    EXPECT_EQ(to_hex(view->payload()), "68 65 6c 6c 6f");
}

TEST(UdpTest, WritesWhatItReads) {
    PacketPool pool;
    Packet packet = pool.copy(from_hex("68656C6C6F"));
    UdpHeader{.source_port = 4711, .destination_port = 53}.prepend_to(packet, kClient, kService);
    EXPECT_EQ(to_hex(packet.bytes()), to_hex(kDatagram));
}

TEST(UdpTest, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < kDatagram.size(); ++size) {
        EXPECT_EQ(fault_of(test::cut(kDatagram, kDatagram.size() - size)),
                  size < kUdpHeaderSize ? Counter::DropUdpTruncated : Counter::DropUdpLength)
            << size;
    }
    EXPECT_EQ(fault_of(kDatagram), Counter::kCount);
}

TEST(UdpTest, TheLengthLiesBetweenTheHeaderAndThePacket) {
    const Bytes unsummed = with_u16(kDatagram, 6, 0);
    for (const std::uint16_t length : std::vector<std::uint16_t>{0, 1, 7, 14, 0xFFFF})
        EXPECT_EQ(fault_of(with_u16(unsummed, 4, length)), Counter::DropUdpLength) << length;
    for (const std::uint16_t length : std::vector<std::uint16_t>{8, 9, 13})
        EXPECT_EQ(fault_of(with_u16(unsummed, 4, length)), Counter::kCount) << length;
}

TEST(UdpTest, BytesPastTheLengthAreNoPayload) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, test::followed_by(kDatagram, from_hex("FFFF")),
                                  {.protocol = IpProtocol::Udp});
    const auto view = UdpView::parse(*Ipv4View::parse(packet.bytes()));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->payload().size(), 5U);
}

TEST(UdpTest, TheChecksumCoversEveryByteAndTheAddresses) {
    for (std::size_t at = 0; at < kDatagram.size(); ++at) {
        if (at == 4 || at == 5) continue;  // the length is checked before
        EXPECT_EQ(fault_of(test::with_byte(kDatagram, at, kDatagram[at] ^ 0x20)),
                  Counter::DropUdpChecksum)
            << at;
    }
    PacketPool pool;
    Packet packet = pool.copy(kDatagram);
    Ipv4Header{
        .protocol = IpProtocol::Udp, .source = Ipv4Address(10, 7, 0, 8), .destination = kService}
        .prepend_to(packet);
    const auto view = UdpView::parse(*Ipv4View::parse(packet.bytes()));
    ASSERT_FALSE(view);
    EXPECT_EQ(view.error(), Counter::DropUdpChecksum);
}

TEST(UdpTest, ZeroMeansThatNoChecksumWasSent) {
    EXPECT_EQ(fault_of(with_u16(kDatagram, 6, 0)), Counter::kCount);
}

TEST(UdpTest, AChecksumOfZeroIsSentInItsOtherForm) {
    // The destination port makes all else sum to 0xFFFF: 5 bytes of payload and the pseudo header.
    PacketPool pool;
    Packet packet = pool.copy(from_hex("68656C6C6F"));
    const auto port = static_cast<std::uint16_t>(53 + 0x944E);
    UdpHeader{.source_port = 4711, .destination_port = port}.prepend_to(packet, kClient, kService);
    EXPECT_EQ(load_u16(packet.bytes(), 6), 0xFFFF);
    EXPECT_EQ(fault_of(test::to_bytes(packet.bytes())), Counter::kCount);
}

TEST(UdpTest, RefusesFragmentsAndOtherProtocols) {
    EXPECT_EQ(fault_of(kDatagram, {.more_fragments = true, .protocol = IpProtocol::Udp}),
              Counter::DropIpv4Fragment);
    EXPECT_EQ(fault_of(kDatagram, {.fragment_offset = 8, .protocol = IpProtocol::Udp}),
              Counter::DropIpv4Fragment);
    EXPECT_EQ(fault_of(kDatagram, {.protocol = IpProtocol::Tcp}), Counter::DropIpv4Protocol);
}

}  // namespace
}  // namespace shunt::wire
