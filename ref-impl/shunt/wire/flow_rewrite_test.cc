// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/flow_rewrite.hh"

#include <gtest/gtest.h>

#include <vector>

#include "shunt/wire/checksum.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

constexpr std::uint64_t kSeed = 17;
constexpr ConnectionTuple kTuple{.client = Ipv4Address(10, 7, 0, 9),
                                 .client_port = 4'711,
                                 .service = Ipv4Address(10, 7, 1, 1),
                                 .service_port = 80,
                                 .protocol = TransportProtocol::Tcp};
constexpr FlowPath kPath{.forwarder = Ipv4Address(10, 8, 0, 1), .host = Ipv4Address(10, 8, 0, 2)};
constexpr FlowId kFlow(0xABCD'1234);

// Which options a segment has, by the bits of `which`.
TcpOptions options_of(unsigned which) {
    TcpOptions options;
    if ((which & 1U) != 0) options.mss = 1'460;
    if ((which & 2U) != 0) options.window_scale = 7;
    options.sack_permitted = (which & 4U) != 0;
    if ((which & 8U) != 0) options.timestamps = TcpTimestamps{0x11223344, 0x55667788};
    for (unsigned block = 0; block < which >> 4U; ++block) {
        const SequenceNumber left(1'000 * block);
        options.add_sack_block({left, left + 500});
    }
    return options;
}

struct Client {
    ConnectionTuple tuple = kTuple;
    TcpOptions options{};
    Bytes text{};
    Bytes ip_options{};
    std::uint8_t flags = 0x10;
    ChecksumField field = ChecksumField::Complete;
};

// A client's packet, its IP options put in by hand: nobody here writes any.
Bytes packet_of(const Client& client) {
    PacketPool pool;
    Packet packet = pool.take_large();
    packet.append(client.text);
    TcpHeader header;
    header.source_port = client.tuple.client_port;
    header.destination_port = client.tuple.service_port;
    header.sequence = SequenceNumber(0x01020304);
    header.acknowledgment = SequenceNumber(0x05060708);
    header.window = 0xFFFF;
    header.flags = TcpFlags::from_byte(client.flags);
    header.options = client.options;
    header.prepend_to(packet, client.tuple.client, client.tuple.service, client.field);
    Ipv4Header{.identification = 77,
               .dont_fragment = true,
               .source = client.tuple.client,
               .destination = client.tuple.service}
        .prepend_to(packet);
    Bytes bytes = test::to_bytes(packet.bytes());
    if (client.ip_options.empty()) return bytes;
    bytes.insert(bytes.begin() + kIpv4HeaderSize, client.ip_options.begin(),
                 client.ip_options.end());
    bytes[0] = static_cast<std::uint8_t>(0x45 + client.ip_options.size() / 4);
    store_u16(bytes, 2, static_cast<std::uint16_t>(bytes.size()));
    store_u16(bytes, 10, 0);
    const std::size_t header_size = kIpv4HeaderSize + client.ip_options.size();
    store_u16(bytes, 10, internet_checksum(ByteView(bytes).first(header_size)));
    return bytes;
}

Bytes rewritten(Bytes bytes, const FlowPath& path = kPath, FlowId flow = kFlow,
                ChecksumField field = ChecksumField::Complete) {
    EXPECT_EQ(rewrite_to_flow(bytes, path, flow, field), std::nullopt);
    return bytes;
}

Bytes restored(Bytes bytes, const ConnectionTuple& tuple = kTuple,
               ChecksumField field = ChecksumField::Complete) {
    EXPECT_EQ(restore_tuple(bytes, tuple, field), std::nullopt);
    return bytes;
}

std::size_t checksum_offset(const Bytes& bytes) {
    return std::size_t{bytes[0]} % 16 * 4 + 16;
}

// How far the sum over segment and pseudo header is from one of a right checksum.
std::uint16_t sum_of(const Bytes& bytes) {
    const std::size_t header_size = std::size_t{bytes[0]} % 16 * 4;
    const ByteView segment = ByteView(bytes).subspan(header_size);
    ChecksumAccumulator sum =
        pseudo_header_sum(Ipv4Address(load_u32(bytes, 12)), Ipv4Address(load_u32(bytes, 16)),
                          IpProtocol::Tcp, segment.size());
    sum.add(segment);
    return sum.sum();
}

bool is_valid_tcp(const Bytes& bytes) {
    const auto packet = Ipv4View::parse(bytes);
    return packet && TcpView::parse(*packet);
}

TEST(FlowId, ItsHalvesArePortsAndNeitherIsZero) {
    EXPECT_EQ(kFlow.source_port(), 0xABCD);
    EXPECT_EQ(kFlow.destination_port(), 0x1234);
    EXPECT_EQ(FlowId::from_ports(0xABCD, 0x1234), kFlow);
    EXPECT_TRUE(FlowId(0x0001'0001).is_possible());
    for (const std::uint32_t value : {0U, 1U, 0xFFFFU, 0x1'0000U, 0xFFFF'0000U})
        EXPECT_FALSE(FlowId(value).is_possible()) << value;
}

// A segment with timestamps and "hi!", and the same with the other addresses and ports, both as
// Scapy 2.5 makes them: every byte is written down here.
TEST(FlowRewrite, IsAsAnotherProgramWritesTheSamePacket) {
    const Bytes client = from_hex(
        "45 00 00 37 00 4d 40 00 40 06 25 5d 0a 07 00 09 0a 07 01 01"
        "12 67 00 50 01 02 03 04 05 06 07 08 80 18 ff ff a4 11 00 00"
        "01 01 08 0a 11 22 33 44 55 66 77 88 68 69 21");
    const Bytes forwarded = from_hex(
        "45 00 00 37 00 4d 40 00 40 06 26 62 0a 08 00 01 0a 08 00 02"
        "ab cd 12 34 01 02 03 04 05 06 07 08 80 18 ff ff f9 cb 00 00"
        "01 01 08 0a 11 22 33 44 55 66 77 88 68 69 21");
    EXPECT_TRUE(is_valid_tcp(client));
    EXPECT_TRUE(is_valid_tcp(forwarded));
    EXPECT_EQ(to_hex(rewritten(client)), to_hex(forwarded));
    EXPECT_EQ(to_hex(restored(forwarded)), to_hex(client));
}

// RFC 1624 4: a field 0x5555 becomes 0x3285 under a checksum 0xDD2F. Equation 2 of RFC 1141 gives
// 0xFFFF there, equation 3 gives 0x0000. Here the field is the client's port, all else stays.
TEST(FlowRewrite, TheExampleOfTheStandardComesOutAsZero) {
    ConnectionTuple tuple = kTuple;
    tuple.client_port = 0x5555;
    Bytes bytes = packet_of({.tuple = tuple});
    store_u16(bytes, checksum_offset(bytes), 0xDD2F);
    tuple.client_port = 0x3285;
    EXPECT_EQ(load_u16(restored(bytes, tuple), checksum_offset(bytes)), 0x0000);
}

TEST(FlowRewrite, BothZerosComeOutAsTheOneThatIsComputed) {
    Bytes bytes = packet_of({});
    const std::size_t offset = checksum_offset(bytes);
    store_u16(bytes, offset, 0xFFFF);
    const Bytes of_ones = rewritten(bytes);
    EXPECT_EQ(load_u16(restored(of_ones), offset), 0x0000);
    store_u16(bytes, offset, 0x0000);
    EXPECT_EQ(to_hex(rewritten(bytes)), to_hex(of_ones));
    EXPECT_EQ(to_hex(restored(of_ones)), to_hex(bytes));
}

TEST(FlowRewrite, OfTheIpHeaderToo) {
    Bytes bytes = packet_of({});
    // The identification that makes the header's checksum zero.
    store_u16(bytes, 10, 0);
    store_u16(bytes, 4, 0);
    store_u16(bytes, 4, internet_checksum(ByteView(bytes).first(kIpv4HeaderSize)));
    ASSERT_TRUE(Ipv4View::parse(bytes));
    EXPECT_EQ(to_hex(restored(rewritten(bytes))), to_hex(bytes));
    const Bytes of_ones = test::with_u16(bytes, 10, 0xFFFF);
    ASSERT_TRUE(Ipv4View::parse(of_ones)) << "a receiver takes both";
    EXPECT_EQ(to_hex(restored(rewritten(of_ones))), to_hex(bytes));
}

// All combinations of options with 0 to 4 SACK blocks, IP options of every length, texts of even
// and odd lengths: there and back nothing is changed, and in between it is valid.
TEST(FlowRewrite, ThereAndBackIsTheSamePacket) {
    const std::size_t sizes[] = {0, 1, 2, 3, 7, 64, 535, 536, 1'447, 1'448, 1'460, 65'000};
    std::size_t packets = 0;
    for (unsigned which = 0; which < 16U * 5U; ++which) {
        for (const std::size_t size : sizes) {
            Client client{.options = options_of(which), .text = Bytes(size, 0x5A)};
            client.ip_options.resize((packets % 11) * 4, 1);  // NOPs
            client.flags = static_cast<std::uint8_t>(packets);
            const Bytes bytes = packet_of(client);
            const Bytes forwarded = rewritten(bytes);
            ASSERT_TRUE(is_valid_tcp(forwarded)) << to_hex(ByteView(bytes).first(80));
            ASSERT_EQ(load_u32(forwarded, 12), kPath.forwarder.value());
            ASSERT_EQ(load_u32(forwarded, 16), kPath.host.value());
            ASSERT_EQ(load_u32(forwarded, checksum_offset(bytes) - 16), kFlow.value());
            ASSERT_EQ(restored(forwarded), bytes);
            ++packets;
        }
    }
    EXPECT_EQ(packets, 960U);
}

TEST(FlowRewrite, AWrongChecksumStaysWrongByAsMuch) {
    const Bytes right = packet_of({.options = options_of(8), .text = {1, 2, 3}});
    const std::size_t offset = checksum_offset(right);
    for (std::uint32_t value = 0; value < 0xFFFF; ++value) {
        const Bytes bytes = test::with_u16(right, offset, static_cast<std::uint16_t>(value));
        const Bytes forwarded = rewritten(bytes);
        ASSERT_EQ(sum_of(forwarded), sum_of(bytes)) << value;
        ASSERT_EQ(is_valid_tcp(forwarded), is_valid_tcp(bytes)) << value;
        ASSERT_EQ(restored(forwarded), bytes) << value;
    }
}

TEST(FlowRewrite, APartialChecksumIsThePseudoHeadersOfTheNewAddresses) {
    for (unsigned which = 0; which < 16; ++which) {
        Client client{.options = options_of(which), .text = Bytes(which, 7)};
        client.field = ChecksumField::Partial;
        const Bytes bytes = packet_of(client);
        const Bytes forwarded = rewritten(bytes, kPath, kFlow, ChecksumField::Partial);
        const std::size_t segment_size = bytes.size() - kIpv4HeaderSize;
        EXPECT_EQ(
            load_u16(forwarded, checksum_offset(bytes)),
            pseudo_header_sum(kPath.forwarder, kPath.host, IpProtocol::Tcp, segment_size).sum());
        EXPECT_TRUE(Ipv4View::parse(forwarded));
        EXPECT_EQ(to_hex(restored(forwarded, kTuple, ChecksumField::Partial)), to_hex(bytes));
    }
}

// Whatever the packet, the addresses and the identifier: checksums, flags and offsets are any.
TEST(FlowRewrite, AHundredThousandRandomPacketsComeBackAsTheyWere) {
    Rng rng(kSeed);
    for (int round = 0; round < 100'000; ++round) {
        ConnectionTuple tuple = kTuple;
        tuple.client = Ipv4Address(rng.next_u32());
        tuple.service = Ipv4Address(rng.next_u32());
        tuple.client_port = static_cast<std::uint16_t>(rng.next_u32());
        tuple.service_port = static_cast<std::uint16_t>(rng.next_u32());
        FlowPath path;
        path.forwarder = Ipv4Address(rng.next_u32() | 1U);
        path.host = Ipv4Address(rng.next_u32() | 1U);
        const FlowId flow(rng.next_u32() | 0x1'0001U);
        Bytes bytes = test::random_bytes(rng, 60 + rng.below(90));
        bytes[0] = static_cast<std::uint8_t>(0x45 + rng.below(11));
        const std::size_t header_size = std::size_t{bytes[0]} % 16 * 4;
        bytes.resize(bytes.size() + header_size);
        store_u16(bytes, 2, static_cast<std::uint16_t>(bytes.size()));
        store_u16(bytes, 6, 0x4000);
        bytes[9] = static_cast<std::uint8_t>(IpProtocol::Tcp);
        store_u32(bytes, 12, tuple.client.value());
        store_u32(bytes, 16, tuple.service.value());
        store_u16(bytes, header_size, tuple.client_port);
        store_u16(bytes, header_size + 2, tuple.service_port);
        store_u16(bytes, 10, 0);
        store_u16(bytes, 10, internet_checksum(ByteView(bytes).first(header_size)));
        if (load_u16(bytes, header_size + 16) == 0xFFFF) bytes[header_size + 17] = 0;
        const Bytes forwarded = rewritten(bytes, path, flow);
        ASSERT_TRUE(Ipv4View::parse(forwarded)) << to_hex(bytes) << ", seed " << kSeed;
        ASSERT_EQ(sum_of(forwarded), sum_of(bytes)) << to_hex(bytes) << ", seed " << kSeed;
        ASSERT_EQ(restored(forwarded, tuple), bytes) << to_hex(bytes) << ", seed " << kSeed;
    }
}

TEST(FlowRewrite, ASegmentCutBeforeItsHeadersEndIsRefusedAndUnchanged) {
    Bytes bytes = packet_of({});
    const Bytes before = test::with_u16(bytes, 2, kIpv4HeaderSize + kTcpHeaderSize - 1);
    bytes = before;
    EXPECT_EQ(rewrite_to_flow(bytes, kPath, kFlow), Counter::DropTcpTruncated);
    EXPECT_EQ(restore_tuple(bytes, kTuple), Counter::DropTcpTruncated);
    EXPECT_EQ(to_hex(bytes), to_hex(before));
    store_u16(bytes, 2, kIpv4HeaderSize + kTcpHeaderSize);
    EXPECT_EQ(rewrite_to_flow(bytes, kPath, kFlow), std::nullopt);
}

TEST(FlowRewrite, PaddingBehindThePacketStaysAsItIs) {
    const Bytes bytes = packet_of({});
    const Bytes padded = test::followed_by(bytes, {0xEE, 0xEE, 0xEE});
    EXPECT_EQ(to_hex(rewritten(padded)),
              to_hex(test::followed_by(rewritten(bytes), {0xEE, 0xEE, 0xEE})));
}

TEST(FlowRewriteDeathTest, NoFragmentComesHere) {
    Bytes later = test::with_u16(packet_of({}), 6, 0x0001);
    EXPECT_DEATH((void)rewrite_to_flow(later, kPath, kFlow), "BL-17");
    Bytes first = test::with_u16(packet_of({}), 6, 0x2000);
    EXPECT_DEATH((void)restore_tuple(first, kTuple), "BL-17");
}

}  // namespace
}  // namespace shunt::wire
