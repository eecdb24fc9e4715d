// SPDX-License-Identifier: Apache-2.0
/// Formats against literal bytes, so that codec and test cannot err together.
#include <gtest/gtest.h>

#include "pdu/build.hh"
#include "pdu/checksum.hh"
#include "pdu/frame.hh"

namespace conform {
namespace {

constexpr SocketAddress kClient{{0x0A070009}, 4711};
constexpr SocketAddress kService{{0x0A070101}, 80};
constexpr MacAddress kHere{{2, 7, 0, 0, 0, 9}};
constexpr MacAddress kThere{{2, 7, 0, 0, 0, 1}};

TcpSegment syn() {
    TcpSegment segment;
    segment.source = kClient;
    segment.destination = kService;
    segment.sequence = 0x01020304;
    segment.flags = tcp_flag::kSyn;
    segment.window = 64240;
    segment.mss = 1460;
    segment.window_scale = 7;
    segment.is_sack_permitted = true;
    segment.timestamps = TcpTimestamps{0x11223344, 0};
    segment.identification = 0xBEEF;
    return segment;
}

// As Scapy 2.5.0 writes IP(id=0xbeef,flags='DF')/TCP(options=[('MSS',1460),('SAckOK',b''),
// ('Timestamp',(0x11223344,0)),('WScale',7)]), but padded with a NOP instead of an end of options.
constexpr const char* kSynBytes =
    "4500003cbeef4000400666b50a0700090a070101"
    "126700500102030400000000a002faf0d6da0000"
    "020405b40402080a112233440000000003030701";

TEST(Checksum, IsRfc1071sExample) {
    EXPECT_EQ(ones_complement_sum(from_hex("0001f203f4f5f6f7")), 0xDDF2);
    EXPECT_EQ(internet_checksum(from_hex("0001f203f4f5f6f7")), 0x220D);
}

TEST(Checksum, PadsAnOddLengthWithZero) {
    EXPECT_EQ(ones_complement_sum(from_hex("010203")), ones_complement_sum(from_hex("01020300")));
}

TEST(TcpCodec, WritesTheGoldenSyn) {
    EXPECT_EQ(to_hex(encode_tcp_packet(syn())), to_hex(from_hex(kSynBytes)));
}

TEST(TcpCodec, ReadsWhatItWroteWithoutFault) {
    const Frame frame = decode_frame(
        encode_ethernet(kThere, kHere, ether_type::kIpv4, from_hex(kSynBytes)), Framing{});
    EXPECT_TRUE(frame.faults.empty());
    ASSERT_TRUE(frame.ipv4 && frame.ipv4->tcp);
    const TcpSegment& segment = *frame.ipv4->tcp;
    EXPECT_EQ(segment.source, kClient);
    EXPECT_EQ(segment.destination, kService);
    EXPECT_EQ(segment.sequence, 0x01020304U);
    EXPECT_EQ(segment.mss, 1460);
    EXPECT_EQ(segment.window_scale, 7);
    EXPECT_TRUE(segment.is_sack_permitted);
    EXPECT_EQ(segment.timestamps, (TcpTimestamps{0x11223344, 0}));
    EXPECT_EQ(segment.identification, 0xBEEF);
    EXPECT_EQ(segment.length(), 1U);
}

TEST(TcpCodec, FindsEveryBrokenBitOfThePacket) {
    const Bytes good = from_hex(kSynBytes);
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes bad = good;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        std::vector<Finding> faults;
        (void)decode_ipv4(bad, faults);
        EXPECT_FALSE(faults.empty()) << "bit " << bit;
    }
}

TEST(TcpCodec, ReportsEveryTruncationAndNeverThrows) {
    const Bytes frame = encode_ethernet(kThere, kHere, ether_type::kIpv4, from_hex(kSynBytes));
    for (std::size_t length = 0; length < frame.size(); ++length) {
        const Frame decoded = decode_frame(ByteView(frame).first(length), Framing{});
        EXPECT_FALSE(decoded.faults.empty()) << length << " bytes";
        EXPECT_FALSE(decoded.ipv4 && decoded.ipv4->tcp) << length << " bytes";
    }
}

TEST(TcpCodec, KeepsIpOptionsOutOfThePayload) {
    TcpSegment segment = syn();
    segment.ip_options = from_hex("01010100");
    segment.payload = to_bytes("data");
    std::vector<Finding> faults;
    const auto packet = decode_ipv4(encode_tcp_packet(segment), faults);
    EXPECT_TRUE(faults.empty());
    ASSERT_TRUE(packet && packet->tcp);
    EXPECT_EQ(packet->bytes[0], 0x46);
    EXPECT_EQ(packet->tcp->payload, to_bytes("data"));
}

/// 0x03 of the endpoint page, base: sixteen bytes by hand. 0a07+0009+1267+0a08+0102+0050+0301 =
/// 0x2ad2, so the checksum is 0xd52d.
constexpr const char* kAcknowledgement = "0a070009 1267 0a080102 0050 03 01 d52d";

TEST(EncapsulationCodec, WritesTheGoldenAcknowledgement) {
    const Encapsulation header{kClient, {{0x0A080102}, 80}, 0x03};
    EXPECT_EQ(to_hex(encode_encapsulation(header)), to_hex(from_hex(kAcknowledgement)));
}

TEST(EncapsulationCodec, TakesBytesBehindABaseAcknowledgementForPadding) {
    Bytes bytes = from_hex(kAcknowledgement);
    bytes.resize(46, 0xEE);
    const Frame frame = decode_frame(encode_ethernet(kThere, kHere, 0x88B5, bytes), Framing{});
    EXPECT_TRUE(frame.faults.empty());
    ASSERT_TRUE(frame.encapsulation);
    EXPECT_TRUE(frame.encapsulation->payload.empty());
    EXPECT_EQ(frame.encapsulation->excess, 30U);
}

/// The same in the routed binding: IPv4 from 10.8.1.1 to 10.8.1.2, UDP from and to 7007.
TEST(EncapsulationCodec, ReadsTheRoutedBindingWhereTheFarmHasIt) {
    UdpDatagram datagram{{{0x0A080101}, 7007}, {{0x0A080102}, 7007}, from_hex(kAcknowledgement)};
    const auto decoded = [&datagram](bool is_routed) {
        const Framing framing{0x88B5, false, is_routed};
        return decode_frame(
            encode_ethernet(kThere, kHere, ether_type::kIpv4, encode_udp_packet(datagram)),
            framing);
    };
    const Frame frame = decoded(true);
    EXPECT_TRUE(frame.faults.empty());
    ASSERT_TRUE(frame.encapsulation);
    EXPECT_EQ(frame.encapsulation->source, kClient);
    EXPECT_TRUE(frame.ipv4->udp->has_checksum);
    EXPECT_FALSE(decoded(false).encapsulation);
    datagram.has_checksum = false;
    ASSERT_TRUE(decoded(true).encapsulation);
    EXPECT_FALSE(decoded(true).ipv4->udp->has_checksum);
    datagram.destination.port = 7;
    EXPECT_TRUE(decoded(true).encapsulation) << "one port suffices, so that the other is judged";
    datagram.source.port = 7;
    EXPECT_FALSE(decoded(true).encapsulation);
    const Bytes other = encode_ethernet(kThere, kHere, 0x88B5, from_hex(kAcknowledgement));
    EXPECT_FALSE(decode_frame(other, Framing{0x88B5, false, true}).encapsulation);
}

TEST(EncapsulationCodec, ReadsTheTypeValueOfTheFigures) {
    const Bytes bytes = encode_ethernet(kThere, kHere, 0x0007, from_hex(kAcknowledgement));
    EXPECT_TRUE(decode_frame(bytes, Framing{0x0007, false}).encapsulation);
    EXPECT_FALSE(decode_frame(bytes, Framing{0x88B5, false}).encapsulation);
}

TEST(EncapsulationCodec, CoversHeaderAloneOfAForwardedPacket) {
    const Encapsulation forwarded{kClient, {{0x0A080102}, 80}, 0x02, 1, 0, from_hex(kSynBytes)};
    Bytes bytes = encode_encapsulation(forwarded);
    // .. + 0201 instead of 0301: 0x29d2.
    EXPECT_EQ(load_u16(bytes, 14), 0xD62D);
    const Frame frame = decode_frame(encode_ethernet(kThere, kHere, 0x88B5, bytes), Framing{});
    EXPECT_TRUE(frame.faults.empty());
    ASSERT_TRUE(frame.inner && frame.inner->tcp);
    EXPECT_EQ(to_hex(frame.inner->bytes), to_hex(from_hex(kSynBytes)));
}

TEST(EncapsulationCodec, NamesAWrongChecksum) {
    Bytes bytes = from_hex(kAcknowledgement);
    bytes[15] ^= 1;
    const Frame frame = decode_frame(encode_ethernet(kThere, kHere, 0x88B5, bytes), Framing{});
    ASSERT_EQ(frame.faults.size(), 1U);
    EXPECT_EQ(frame.faults[0].requirement, "FRM-4");
}

TEST(EncapsulationCodec, RefusesEveryTruncationOfAConnection) {
    ConnectionInformation information{kService, ControlBlock{}};
    const Bytes bytes =
        encode_encapsulation({kClient, {{0x0A080102}, 80}, 0x01, 1, 0, encode(information)});
    ASSERT_EQ(bytes.size(), 162U);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        const Frame frame = decode_frame(
            encode_ethernet(kThere, kHere, 0x88B5, ByteView(bytes).first(length)), Framing{});
        ASSERT_EQ(frame.faults.size(), 1U) << length;
        EXPECT_EQ(frame.faults[0].requirement, "FRM-5") << length;
    }
    EXPECT_TRUE(
        decode_frame(encode_ethernet(kThere, kHere, 0x88B5, bytes), Framing{}).faults.empty());
}

TEST(EncapsulationCodec, WritesAndReadsTheIdentifiedCopy) {
    const IdentifiedCopy identified{{kService, 0x01020304, 5}, 0xCAFEBABE};
    const Bytes bytes = encode(identified);
    EXPECT_EQ(to_hex(bytes), to_hex(from_hex("0012 0a070101 0050 01020304 00000005 cafebabe")));
    EXPECT_EQ(parse_identified_copy(bytes), identified);
    EXPECT_FALSE(parse_identified_copy(ByteView(bytes).first(19)));
}

TEST(ControlBlockCodec, PutsEveryFieldWhereThePageSays) {
    // Every byte of the block is its own offset, so each field has a value of its own.
    Bytes payload = from_hex("0a070101 0050");
    for (std::uint8_t offset = 0; offset < kControlBlockSize; ++offset)
        payload.push_back(offset);
    const auto information = parse_connection_information(payload);
    ASSERT_TRUE(information);
    EXPECT_EQ(information->service, kService);
    const ControlBlock& block = information->block;
    EXPECT_EQ(block.ts_val, 0x00010203U);
    EXPECT_EQ(block.epoch, 0x04050607U);
    EXPECT_EQ(block.t_state, 0x0809);
    EXPECT_EQ(block.t_timer_2msl, 0x1011);
    EXPECT_EQ(block.t_maxseg, 0x1819);
    EXPECT_EQ(block.version, 0x1A1B);
    EXPECT_EQ(block.t_flags, 0x1C1D);
    EXPECT_EQ(block.snd_una, 0x28292A2BU);
    EXPECT_EQ(block.iss, 0x3C3D3E3FU);
    EXPECT_EQ(block.rcv_nxt, 0x48494A4BU);
    EXPECT_EQ(block.rcv_adv, 0x54555657U);
    EXPECT_EQ(block.t_idle, 0x6465);
    EXPECT_EQ(block.snd_scale, 0x7C);
    EXPECT_EQ(block.rcv_scale, 0x7D);
    EXPECT_EQ(block.reserved, 0x7E7F);
    EXPECT_EQ(block.ts_recent_age, 0x84858687U);
    EXPECT_EQ(block.last_ack_sent, 0x88898A8BU);
    EXPECT_EQ(to_hex(encode(*information)), to_hex(payload));
}

TEST(ControlBlockCodec, LeavesNoByteOfThe140WithoutAField) {
    std::size_t next = 0;
    const ControlBlock block;
    visit_fields(block, [&next](std::size_t offset, const char* name, auto field) {
        EXPECT_EQ(offset, next) << name;
        next = offset + sizeof field;
    });
    EXPECT_EQ(next, kControlBlockSize);
}

TEST(ArpCodec, WritesTheGoldenRequest) {
    const Bytes bytes = encode_arp({1, kHere, {0x0A070009}, MacAddress{}, {0x0A070101}});
    EXPECT_EQ(to_hex(bytes), to_hex(from_hex("0001 0800 06 04 0001 020700000009 0a070009 "
                                             "000000000000 0a070101")));
    const Frame frame = decode_frame(encode_ethernet(kBroadcastMac, kHere, 0x0806, bytes), {});
    ASSERT_TRUE(frame.arp);
    EXPECT_EQ(frame.arp->sender_mac, kHere);
    EXPECT_EQ(frame.arp->sender, kClient.address);
    EXPECT_EQ(frame.arp->target, kService.address);
}

TEST(IcmpCodec, WritesAnEchoThatReadsBack) {
    const IcmpMessage echo{kClient.address, kService.address, 8, 0, 7, 3, to_bytes("abc")};
    std::vector<Finding> faults;
    const auto packet = decode_ipv4(encode_icmp_packet(echo), faults);
    EXPECT_TRUE(faults.empty());
    ASSERT_TRUE(packet && packet->icmp);
    EXPECT_EQ(packet->icmp->identifier, 7);
    EXPECT_EQ(packet->icmp->sequence, 3);
    EXPECT_EQ(packet->icmp->payload, to_bytes("abc"));
}

TEST(Address, ReadsWhatItWritesAndNothingElse) {
    EXPECT_EQ(Ipv4Address::from_string("10.7.0.9"), kClient.address);
    EXPECT_EQ(kClient.address.to_string(), "10.7.0.9");
    for (const char* bad : {"", "10.7.0", "10.7.0.9.1", "10.7.0.256", "10.7.0.9 ", "a.b.c.d"}) {
        EXPECT_FALSE(Ipv4Address::from_string(bad)) << bad;
    }
    EXPECT_EQ(MacAddress::from_string("02:07:00:00:00:09"), kHere);
    EXPECT_EQ(kHere.to_string(), "02:07:00:00:00:09");
    for (const char* bad : {"", "02:07:00:00:00", "02:07:00:00:00:09:11", "02-07-00-00-00-09"}) {
        EXPECT_FALSE(MacAddress::from_string(bad)) << bad;
    }
}

}  // namespace
}  // namespace conform
