// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/tuple.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

const ConnectionTuple kTuple{.client = Ipv4Address(10, 7, 0, 9),
                             .client_port = 4711,
                             .service = Ipv4Address(10, 7, 1, 1),
                             .service_port = 80,
                             .protocol = TransportProtocol::Tcp};

std::optional<ConnectionTuple> tuple_of(Ipv4Header header, const Bytes& payload) {
    PacketPool pool;
    Packet packet = pool.copy(payload);
    header.source = kTuple.client;
    header.destination = kTuple.service;
    header.prepend_to(packet);
    return ConnectionTuple::from_client_packet(*Ipv4View::parse(packet.bytes()));
}

TEST(TupleTest, TextGoesBothWays) {
    EXPECT_EQ(kTuple.to_string(), "10.7.0.9:4711>10.7.1.1:80/tcp");
    for (const char* text :
         {"10.7.0.9:4711>10.7.1.1:80/tcp", "0.0.0.0:0>255.255.255.255:65535/udp"}) {
        const auto tuple = ConnectionTuple::from_string(text);
        ASSERT_TRUE(tuple) << text;
        EXPECT_EQ(tuple->to_string(), text);
    }
    EXPECT_EQ(ConnectionTuple::from_string(kTuple.to_string()), kTuple);
}

TEST(TupleTest, RefusesWhatIsNotATuple) {
    for (const char* text :
         {"", ">", "/tcp", "10.7.0.9:4711", "10.7.0.9:4711>10.7.1.1:80", "10.7.0.9>10.7.1.1/tcp",
          "10.7.0.9:4711>10.7.1.1:80/", "10.7.0.9:4711>10.7.1.1:80/TCP",
          "10.7.0.9:4711>10.7.1.1:80/sctp", "10.7.0.9:4711>10.7.1.1:80/tcp ",
          "10.7.0.9:65536>10.7.1.1:80/tcp", "10.7.0.9:4711>10.7.1.1:065/tcp",
          "10.7.0.9:4711/tcp>10.7.1.1:80", "10.7.0.9:>10.7.1.1:80/tcp",
          "10.7.0.9:1>10.7.0.9:1>10.7.1.1:80/tcp", "10.7.0:4711>10.7.1.1:80/tcp"}) {
        EXPECT_FALSE(ConnectionTuple::from_string(text)) << text;
    }
}

TEST(TupleTest, IsReadFromAClientsPacket) {
    EXPECT_EQ(tuple_of({.protocol = IpProtocol::Tcp}, from_hex("12670050")), kTuple);
    ConnectionTuple udp = kTuple;
    udp.protocol = TransportProtocol::Udp;
    EXPECT_EQ(tuple_of({.protocol = IpProtocol::Udp}, from_hex("12670050")), udp);
    EXPECT_EQ(tuple_of({.more_fragments = true}, from_hex("12670050")), kTuple);
}

TEST(TupleTest, IsNotReadWherePortsAreNot) {
    EXPECT_EQ(tuple_of({}, from_hex("126700")), std::nullopt);
    EXPECT_EQ(tuple_of({}, {}), std::nullopt);
    EXPECT_EQ(tuple_of({.fragment_offset = 8}, from_hex("12670050")), std::nullopt);
    EXPECT_EQ(tuple_of({.protocol = IpProtocol::Icmp}, from_hex("12670050")), std::nullopt);
}

TEST(TupleTest, KeyBytesHoldEveryField) {
    EXPECT_EQ(to_hex(kTuple.to_key_bytes()), "0a 07 00 09 12 67 0a 07 01 01 00 50 01");
}

TEST(ConnectionTupleTest, TheHashIsThatOfTheKeyBytes) {
    const SipKey key{0x0123'4567'89AB'CDEF, 0xFEDC'BA98'7654'3210};
    for (std::uint32_t i = 0; i < 64; ++i) {
        ConnectionTuple tuple = kTuple;
        tuple.client = Ipv4Address(0x0102'0304U * (i + 1));
        tuple.service = Ipv4Address(0xA1B2'C3D4U + i * 0x0101'0101U);
        tuple.client_port = static_cast<std::uint16_t>(i * 1'021);
        tuple.service_port = static_cast<std::uint16_t>(0x1234 + i * 257);
        tuple.protocol = i % 2 == 0 ? TransportProtocol::Tcp : TransportProtocol::Udp;
        EXPECT_EQ(tuple.hash(key), siphash_2_4(key, tuple.to_key_bytes())) << tuple.to_string();
    }
}

TEST(TupleTest, EveryFieldAndTheKeyChangeTheHash) {
    const SipKey key{1, 2};
    const std::uint64_t hash = kTuple.hash(key);
    EXPECT_EQ(ConnectionTuple(kTuple).hash(key), hash);
    EXPECT_NE(kTuple.hash({1, 3}), hash);
    ConnectionTuple other = kTuple;
    other.client = Ipv4Address(10, 7, 0, 8);
    EXPECT_NE(other.hash(key), hash);
    other = kTuple;
    other.client_port = 4712;
    EXPECT_NE(other.hash(key), hash);
    other = kTuple;
    other.service = Ipv4Address(10, 7, 1, 2);
    EXPECT_NE(other.hash(key), hash);
    other = kTuple;
    other.service_port = 81;
    EXPECT_NE(other.hash(key), hash);
    other = kTuple;
    other.protocol = TransportProtocol::Udp;
    EXPECT_NE(other.hash(key), hash);
}

}  // namespace
}  // namespace shunt::wire
