// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/describe.hh"

#include <gtest/gtest.h>

#include <iterator>
#include <utility>

#include "shunt/wire/connection_information.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/migration_copy.hh"
#include "shunt/wire/reject.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/test_support.hh"
#include "shunt/wire/udp.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::followed_by;
using test::from_hex;

const Bytes kEthernet = from_hex("020700000001 020700000009");
const Bytes kSyn = from_hex(
    "4500003C 12344000 4006 1371 0A070009 0A070101"
    "1267 0050 01020304 00000000 A002 FAF0 DCD4 0000"
    "020405B4 0402 080A 11223344 00000000 01 030307");
const std::string kSynText =
    "10.7.0.9:4711 > 10.7.1.1:80 tcp S seq 16909060 win 64240 len 0 "
    "<mss 1460, wscale 7, sack-permitted, ts 287454020 0>";

Bytes frame(std::uint16_t type, const Bytes& payload) {
    Bytes bytes = followed_by(kEthernet, {0, 0});
    store_u16(bytes, 12, type);
    return followed_by(bytes, payload);
}

Bytes encapsulated(EncapsulationType type, const Bytes& payload,
                   TransportProtocol protocol = TransportProtocol::Tcp) {
    PacketPool pool;
    Packet packet = pool.copy(payload);
    EncapsulationHeader{.source = Ipv4Address(10, 7, 0, 9),
                        .source_port = 4711,
                        .destination = Ipv4Address(10, 8, 1, 2),
                        .destination_port = 80,
                        .type = type,
                        .protocol = protocol}
        .prepend_to(packet);
    return test::to_bytes(packet.bytes());
}

template <typename Message>
Bytes bytes_of(const Message& message) {
    PacketPool pool;
    Packet packet = pool.take();
    message.append_to(packet);
    return test::to_bytes(packet.bytes());
}

TEST(DescribeTest, Tcp) {
    EXPECT_EQ(describe_frame(frame(kEtherTypeIpv4, kSyn)), kSynText);
    EXPECT_EQ(describe_ipv4(from_hex(
                  "45100053 00070000 3F066677 0A070009 0A070101"
                  "1267 0050 FFFFFFFE 0A0B0C0D F018 01F6 FC19 0003 0101080A 00000005 00000006"
                  "0101051A 00000001 00000002 00000003 00000004 00000005 00000006 616263")),
              "10.7.0.9:4711 > 10.7.1.1:80 tcp P. seq 4294967294 ack 168496141 win 502 len 3 "
              "<ts 5 6, sack 1-2, sack 3-4, sack 5-6>");
}

TEST(DescribeTest, UdpIcmpAndOthers) {
    EXPECT_EQ(describe_ipv4(from_hex("45000021 00010000 401165B4 0A070009 0A070101"
                                     "1267 0035 000D 944E 68656C6C6F")),
              "10.7.0.9:4711 > 10.7.1.1:53 udp len 5");
    EXPECT_EQ(describe_ipv4(from_hex("45000021 00010000 400165C4 0A070009 0A070101"
                                     "08 00 E5F5 1234 0005 70696E6721")),
              "10.7.0.9 > 10.7.1.1 icmp type 8 code 0 id 4660 seq 5 len 5");
    EXPECT_EQ(describe_ipv4(from_hex("45000018 00012001 400645C7 0A070009 0A070101 01020304")),
              "10.7.0.9 > 10.7.1.1 ip-proto 6 fragment id 1 offset 8 len 4 more");
    EXPECT_EQ(describe_frame(frame(0x86DD, Bytes(40, 0))), "ethertype 0x86DD len 40");
}

std::string describe_segment(TcpFlags flags) {
    PacketPool pool;
    Packet packet = pool.take();
    TcpHeader header;
    header.flags = flags;
    header.urgent_pointer = 9;
    header.prepend_to(packet, Ipv4Address(10, 7, 0, 9), Ipv4Address(10, 7, 1, 1));
    Ipv4Header{.protocol = IpProtocol::Tcp,
               .source = Ipv4Address(10, 7, 0, 9),
               .destination = Ipv4Address(10, 7, 1, 1)}
        .prepend_to(packet);
    return describe_ipv4(packet.bytes());
}

TEST(DescribeTest, EveryFlagHasItsLetter) {
    const std::string head = "10.7.0.9:0 > 10.7.1.1:0 tcp ";
    EXPECT_EQ(describe_segment({}), head + "none seq 0 win 0 len 0");
    EXPECT_EQ(describe_segment({.fin = true, .acknowledgment = true}),
              head + "F. seq 0 ack 0 win 0 len 0");
    EXPECT_EQ(describe_segment({.reset = true}), head + "R seq 0 win 0 len 0");
    EXPECT_EQ(describe_segment({.urgent = true}), head + "U seq 0 win 0 len 0 urg 9");
    EXPECT_EQ(describe_segment({.syn = true, .ecn_echo = true, .congestion_window_reduced = true}),
              head + "SEW seq 0 win 0 len 0");
}

Bytes packet_of_protocol(std::uint8_t protocol, const Bytes& payload) {
    PacketPool pool;
    Packet packet = pool.copy(payload);
    Ipv4Header{.protocol = static_cast<IpProtocol>(protocol),
               .source = Ipv4Address(10, 7, 0, 9),
               .destination = Ipv4Address(10, 7, 1, 1)}
        .prepend_to(packet);
    return test::to_bytes(packet.bytes());
}

TEST(DescribeTest, WhatIsInsideAPacketMayBeMalformedOrUnknown) {
    const Bytes four(4, 0);
    EXPECT_EQ(describe_ipv4(packet_of_protocol(47, four)), "10.7.0.9 > 10.7.1.1 ip-proto 47 len 4");
    EXPECT_EQ(describe_ipv4(packet_of_protocol(1, four)), "malformed: drop.icmp.truncated");
    EXPECT_EQ(describe_ipv4(packet_of_protocol(17, four)), "malformed: drop.udp.truncated");
    EXPECT_EQ(describe_ipv4(packet_of_protocol(6, four)), "malformed: drop.tcp.truncated");
    EXPECT_EQ(describe_ipv4(packet_of_protocol(1, from_hex("03 03 FCFC 00000000"))),
              "10.7.0.9 > 10.7.1.1 icmp type 3 code 3 len 0");
    EXPECT_EQ(describe_ipv4(packet_of_protocol(1, from_hex("00 00 EDC6 1234 0005"))),
              "10.7.0.9 > 10.7.1.1 icmp type 0 code 0 id 4660 seq 5 len 0");
    EXPECT_EQ(describe_ipv4(from_hex("45000018 00010001 400665C7 0A070009 0A070101 01020304")),
              "10.7.0.9 > 10.7.1.1 ip-proto 6 fragment id 1 offset 8 len 4");
}

TEST(DescribeTest, Arp) {
    const Bytes request =
        from_hex("0001 0800 06 04 0001 020700000001 0A070065 000000000000 0A070009");
    EXPECT_EQ(describe_frame(frame(kEtherTypeArp, request)),
              "arp who-has 10.7.0.9 tell 10.7.0.101");
    EXPECT_EQ(describe_frame(frame(kEtherTypeArp, test::with_u16(request, 6, 2))),
              "arp 10.7.0.101 is-at 02:07:00:00:00:01");
    EXPECT_EQ(describe_frame(frame(kEtherTypeArp, test::with_u16(request, 6, 9))),
              "arp operation 9");
}

TEST(DescribeTest, EncapsulationOfEitherTypeValue) {
    const Bytes acknowledgement = encapsulated(EncapsulationType::Acknowledgement, {});
    const std::string text = "0x03 acknowledgement 10.7.0.9:4711 > 10.8.1.2:80 tcp";
    EXPECT_EQ(describe_frame(frame(0x88B5, acknowledgement)), text);
    EXPECT_EQ(describe_frame(frame(0x0007, acknowledgement), kEtherTypeEncapsulationFigures), text);
    EXPECT_EQ(describe_frame(frame(0x0007, acknowledgement)), "ethertype 0x0007 len 16");
}

TEST(DescribeTest, AForwardedPacketShowsTheInnerOne) {
    EXPECT_EQ(describe_encapsulation(encapsulated(EncapsulationType::Forwarded, kSyn)),
              "0x02 forwarded 10.7.0.9:4711 > 10.8.1.2:80 tcp | " + kSynText);
    EXPECT_EQ(
        describe_encapsulation(
            encapsulated(EncapsulationType::Forwarded, test::with_byte(kSyn, 8, 1))),
        "0x02 forwarded 10.7.0.9:4711 > 10.8.1.2:80 tcp | malformed: drop.frame.inner-header");
}

TEST(DescribeTest, AConnectionShowsItsBlock) {
    ConnectionInformation information;
    information.service = Ipv4Address(10, 7, 1, 1);
    information.service_port = 80;
    information.block = ControlBlock{};
    information.block->mss = 1'460;
    information.block->epoch = 3;
    const std::string head =
        "0x01 connection 10.7.0.9:4711 > 10.8.1.2:80 tcp | service 10.7.1.1:80 epoch 3 iss 0 "
        "snd_una 0 snd_nxt 0 rcv_nxt 0 state 4";
    EXPECT_EQ(
        describe_encapsulation(encapsulated(EncapsulationType::Connection, bytes_of(information))),
        head);
    information.block->mss = 0;
    EXPECT_EQ(
        describe_encapsulation(encapsulated(EncapsulationType::Connection, bytes_of(information))),
        head + ", refused: t_maxseg is 0");
    information.block.reset();
    information.flow_number = 9;
    EXPECT_EQ(describe_encapsulation(encapsulated(EncapsulationType::Connection,
                                                  bytes_of(information), TransportProtocol::Udp)),
              "0x01 connection 10.7.0.9:4711 > 10.8.1.2:80 udp | service 10.7.1.1:80 flow 9");
}

TEST(DescribeTest, MessagesOfTheExtendedSet) {
    const MigrationId id{.service = Ipv4Address(10, 7, 1, 1),
                         .service_port = 80,
                         .initial_send_sequence = SequenceNumber(5),
                         .epoch = 2};
    const std::string id_text = "10.7.0.9:4711 > 10.8.1.2:80 tcp | 10.7.1.1:80 iss 5 epoch 2 ";
    EXPECT_EQ(describe_encapsulation(encapsulated(EncapsulationType::Go,
                                                  bytes_of(MigrationCopy{.id = id, .copy = 7}))),
              "0x14 go " + id_text + "copy 7");
    EXPECT_EQ(describe_encapsulation(encapsulated(
                  EncapsulationType::Reject,
                  bytes_of(RejectMessage{.id = id, .reason = RejectReason::Draining}))),
              "0x10 reject " + id_text + "reason 4");
    EXPECT_EQ(describe_encapsulation(encapsulated(EncapsulationType::Release,
                                                  bytes_of(MigrationCopy{.id = id, .copy = 8}))),
              "0x11 release " + id_text + "copy 8");
}

TEST(DescribeTest, TheRoutedBindingOneLevelDeep) {
    Bytes content = kSyn;
    std::string text;
    for (int level = 0; level < 3; ++level) {
        PacketPool pool;
        Packet packet = pool.copy(encapsulated(EncapsulationType::Forwarded, content));
        UdpHeader{.source_port = kEncapsulationUdpPort, .destination_port = kEncapsulationUdpPort}
            .prepend_to(packet, Ipv4Address(10, 8, 1, 1), Ipv4Address(10, 8, 1, 2));
        Ipv4Header{.protocol = IpProtocol::Udp,
                   .source = Ipv4Address(10, 8, 1, 1),
                   .destination = Ipv4Address(10, 8, 1, 2)}
            .prepend_to(packet);
        content = test::to_bytes(packet.bytes());
        text = describe_ipv4(content);
        if (level == 0) {
            EXPECT_EQ(text,
                      "10.8.1.1:7007 > 10.8.1.2:7007 udp len 76 | 0x02 forwarded "
                      "10.7.0.9:4711 > 10.8.1.2:80 tcp | " +
                          kSynText);
        }
    }
    EXPECT_EQ(text,
              "10.8.1.1:7007 > 10.8.1.2:7007 udp len 164 | 0x02 forwarded 10.7.0.9:4711 > "
              "10.8.1.2:80 tcp | malformed: drop.frame.inner-protocol");
}

TEST(DescribeTest, WhatIsMalformedIsNamedByItsCounter) {
    EXPECT_EQ(describe_frame({}), "malformed: drop.ethernet.truncated");
    EXPECT_EQ(describe_frame(frame(kEtherTypeArp, {})), "malformed: drop.arp.malformed");
    EXPECT_EQ(describe_frame(frame(kEtherTypeIpv4, {})), "malformed: drop.ipv4.truncated");
    EXPECT_EQ(describe_frame(frame(0x88B5, {})), "encapsulation malformed: drop.frame.truncated");
    EXPECT_EQ(describe_ipv4(test::with_byte(kSyn, 30, 9)), "malformed: drop.tcp.checksum");
}

TEST(DescribeTest, AnyBytesGiveOneLine) {
    constexpr std::uint64_t seed = 1'500;
    Rng rng(seed);
    const Bytes frames[] = {
        frame(kEtherTypeIpv4, kSyn),
        frame(0x88B5, encapsulated(EncapsulationType::Forwarded, kSyn)),
        frame(0x88B5, encapsulated(EncapsulationType::Connection,
                                   Bytes(ConnectionInformation::kTcpSize, 0))),
        frame(0x88B5, encapsulated(EncapsulationType::Go, bytes_of(MigrationCopy{}))),
        frame(0x88B5, encapsulated(EncapsulationType::Reject, bytes_of(RejectMessage{})))};
    for (int round = 0; round < 20'000; ++round) {
        Bytes bytes = frames[rng.below(std::size(frames))];
        const std::uint64_t changes = rng.below(4);
        for (std::uint64_t i = 0; i < changes; ++i) {
            const std::size_t at = rng.below(bytes.size());
            bytes[at] = static_cast<std::uint8_t>(rng.next_u32());
        }
        bytes.resize(rng.chance({1, 2}) ? bytes.size() : rng.below(bytes.size() + 1));
        const std::string text = describe_frame(bytes);
        ASSERT_FALSE(text.empty()) << "seed " << seed << " " << test::to_hex(bytes);
        ASSERT_EQ(text.find('\n'), std::string::npos) << text;
    }
}

std::string payload_text(EncapsulationType type, const char* payload) {
    const std::string text = describe_encapsulation(encapsulated(type, from_hex(payload)));
    return text.substr(text.find("| ") + 2);
}

TEST(DescribeTest, PayloadsOfAMoveInUse) {
    EXPECT_EQ(payload_text(EncapsulationType::Data,
                           "0017 0a070101 0050 00001388 00000007 03 00 0000000a 616263"),
              "10.7.1.1:80 iss 5000 epoch 7 queue 3 offset 10 len 3");
    EXPECT_EQ(payload_text(EncapsulationType::Missing,
                           "0020 0a070101 0050 00001388 00000007 01 00000010 00000020 "
                           "04 00000001 00000002"),
              "10.7.1.1:80 iss 5000 epoch 7 queue 1 offset 16 len 32 queue 4 offset 1 len 2");
    EXPECT_EQ(
        payload_text(EncapsulationType::Challenge, "0011 02 0102030405060708 1122334455667788"),
        "answer nonce 0102030405060708 boot index 1122334455667788");
    EXPECT_EQ(
        payload_text(EncapsulationType::Challenge, "0011 01 0102030405060708 0000000000000000"),
        "challenge nonce 0102030405060708 boot index 0000000000000000");
}

TEST(DescribeTest, NumbersThatNoPayloadHas) {
    for (const auto& [type, payload] : {
             std::pair{EncapsulationType::Data,
                       "0014 0a070101 0050 00001388 00000007 07 00 00000000"},
             std::pair{EncapsulationType::Missing,
                       "0017 0a070101 0050 00001388 00000007 00 00000000 00000000"},
             std::pair{EncapsulationType::Challenge, "0011 03 0000000000000000 0000000000000000"},
         }) {
        EXPECT_EQ(payload_text(type, payload), "malformed: drop.frame.payload");
    }
}

}  // namespace
}  // namespace shunt::wire
