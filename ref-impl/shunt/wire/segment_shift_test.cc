// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/segment_shift.hh"

#include <gtest/gtest.h>

#include "shunt/wire/checksum.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

constexpr std::uint64_t kSeed = 23;
constexpr Ipv4Address kClient(10, 7, 0, 9);
constexpr Ipv4Address kService(10, 7, 1, 1);
constexpr Ipv4Address kTarget(10, 8, 1, 2);
constexpr std::size_t kOptions = kIpv4HeaderSize + kTcpHeaderSize;
constexpr std::size_t kChecksum = kIpv4HeaderSize + 16;
constexpr std::uint8_t kAck = 0x10;

/// A packet of the client with these options, as they are, and "hi!".
Bytes packet_with(Bytes options, std::uint8_t flags = kAck) {
    options.resize((options.size() + 3) / 4 * 4);
    Bytes segment(kTcpHeaderSize);
    store_u16(segment, 0, 4'711);
    store_u16(segment, 2, 80);
    store_u32(segment, 4, 0x01020304);
    store_u32(segment, 8, 0x05060708);
    segment[12] = static_cast<std::uint8_t>((kTcpHeaderSize + options.size()) / 4 << 4U);
    segment[13] = flags;
    store_u16(segment, 14, 0xFFFF);
    segment.insert(segment.end(), options.begin(), options.end());
    for (const char letter : {'h', 'i', '!'})
        segment.push_back(static_cast<std::uint8_t>(letter));
    ChecksumAccumulator sum = pseudo_header_sum(kClient, kService, IpProtocol::Tcp, segment.size());
    sum.add(segment);
    store_u16(segment, 16, sum.checksum());
    PacketPool pool;
    Packet packet = pool.take();
    packet.append(segment);
    Ipv4Header{.source = kClient, .destination = kService}.prepend_to(packet);
    return test::to_bytes(packet.bytes());
}

Bytes shifted(Bytes bytes, const SegmentShift& shift,
              ChecksumField field = ChecksumField::Complete) {
    EXPECT_EQ(shift_segment(bytes, shift, field), std::nullopt);
    return bytes;
}

bool is_valid(const Bytes& bytes) {
    const auto packet = Ipv4View::parse(bytes);
    return packet && TcpView::parse(*packet);
}

TcpView segment_of(const Bytes& bytes) {
    return *TcpView::parse(*Ipv4View::parse(bytes));
}

const Bytes kTimestampsAndSack =
    from_hex("01 01 08 0a 00000064 000000c8 01 01 05 12 00001000 00002000 00003000 00004000");

/// HO-8: destination, acknowledgment and SACK edges; all else stays.
TEST(SegmentShift, AForwardedSegmentAcknowledgesByTheOtherNumbers) {
    const SegmentShift shift{.destination = kTarget, .acknowledgment = 0xFFFF'F000};
    const Bytes before = packet_with(kTimestampsAndSack);
    const Bytes after = shifted(before, shift);
    ASSERT_TRUE(is_valid(after));
    const TcpView segment = segment_of(after);
    EXPECT_EQ(Ipv4View::parse(after)->destination(), kTarget);
    EXPECT_EQ(Ipv4View::parse(after)->source(), kClient);
    EXPECT_EQ(segment.sequence(), SequenceNumber(0x01020304));
    EXPECT_EQ(segment.acknowledgment(), SequenceNumber(0x05060708 - 0x1000));
    const TcpOptions options = segment.options();
    EXPECT_EQ(options.sack_blocks()[0].left, SequenceNumber(0));
    EXPECT_EQ(options.sack_blocks()[1].right, SequenceNumber(0x3000));
    EXPECT_EQ(options.timestamps, (TcpTimestamps{100, 200}));
    EXPECT_EQ(after.size(), before.size());
}

/// HO-9, HO-10: source, sequence number and TSval; SACK edges are of the client's numbers.
TEST(SegmentShift, AReplyCountsAsTheFirstTcpDid) {
    const SegmentShift shift{.source = kTarget, .sequence = 16, .timestamp = 0xFFFF'FF9C};
    const Bytes after = shifted(packet_with(kTimestampsAndSack), shift);
    ASSERT_TRUE(is_valid(after));
    const TcpView segment = segment_of(after);
    EXPECT_EQ(segment.sequence(), SequenceNumber(0x01020314));
    EXPECT_EQ(segment.acknowledgment(), SequenceNumber(0x05060708));
    EXPECT_EQ(segment.options().timestamps, (TcpTimestamps{0, 200}));
    EXPECT_EQ(segment.options().sack_blocks()[0].left, SequenceNumber(0x1000));
}

/// RFC 9293 3.1: a SYN acknowledges nothing; what stands in the fields is nobody's number.
TEST(SegmentShift, WhatAcknowledgesNothingKeepsItsFields) {
    const SegmentShift shift{.acknowledgment = 5, .echo = 7};
    const Bytes before = packet_with(kTimestampsAndSack, 0x02);
    EXPECT_EQ(to_hex(shifted(before, shift)), to_hex(before));
}

TEST(SegmentShift, OptionsMayBeginAtOddPlaces) {
    const SegmentShift shift{.acknowledgment = 0x1234'5678, .timestamp = 0xDEAD'BEEF, .echo = 77};
    for (const char* const text : {"01 08 0a 00000064 000000c8 05 0a 00001000 00002000",
                                   "01 05 0a 00001000 00002000 08 0a ffffffff 80000000",
                                   "05 12 00001000 00002000 0000ffff ffffffff 08 0a 01020304 0"
                                   "5060708"}) {
        const Bytes before = packet_with(from_hex(text));
        const Bytes after = shifted(before, shift);
        EXPECT_TRUE(is_valid(after)) << text;
        EXPECT_NE(to_hex(after), to_hex(before));
        EXPECT_EQ(to_hex(shifted(after, inverse_of(shift, kClient, kService))), to_hex(before));
    }
}

/// Of a length that its kind does not have, or behind the end, an option says nothing.
TEST(SegmentShift, WhatIsNoOptionStays) {
    const SegmentShift shift{.acknowledgment = 1, .timestamp = 2, .echo = 3};
    for (const char* const text :
         {"08 09 00000064 000000", "05 09 00001000 000020", "05 02", "05 0c 00001000 00002000 0000",
          "00 08 0a 00000064 000000c8", "08 01 00000064 000000c8", "08 ff 00000064 000000c8", "08",
          "1e 0c 08 0a 00000064 000000c8"}) {
        const Bytes before = packet_with(from_hex(text));
        const Bytes after = shifted(before, shift);
        const ByteView options = ByteView(before).subspan(kOptions);
        EXPECT_EQ(to_hex(ByteView(after).subspan(kOptions)), to_hex(options)) << text;
        EXPECT_TRUE(is_valid(after));
    }
}

TEST(SegmentShift, AHeaderThatDoesNotEndIsDroppedUnchanged) {
    const SegmentShift shift{.destination = kTarget, .sequence = 1};
    for (const std::uint8_t offset : {std::uint8_t{0x00}, std::uint8_t{0x40}, std::uint8_t{0x60}}) {
        Bytes bytes = test::with_byte(packet_with({}), kIpv4HeaderSize + 12, offset);
        const Bytes before = bytes;
        EXPECT_EQ(shift_segment(bytes, shift), Counter::DropTcpDataOffset) << unsigned{offset};
        EXPECT_EQ(to_hex(bytes), to_hex(before));
    }
    Bytes bytes = packet_with({});
    store_u16(bytes, 2, kIpv4HeaderSize + kTcpHeaderSize - 1);
    EXPECT_EQ(shift_segment(bytes, shift), Counter::DropTcpTruncated);
}

TEST(SegmentShift, AWrongChecksumStaysWrongByAsMuch) {
    const SegmentShift shift{
        .source = kTarget, .sequence = 0x8000'0001, .acknowledgment = 3, .timestamp = 9};
    const Bytes right = packet_with(kTimestampsAndSack);
    for (std::uint32_t value = 0; value < 0xFFFF; ++value) {
        const Bytes before = test::with_u16(right, kChecksum, static_cast<std::uint16_t>(value));
        const Bytes after = shifted(before, shift);
        ASSERT_EQ(is_valid(after), is_valid(before)) << value;
        ASSERT_EQ(shifted(after, inverse_of(shift, kClient, kService)), before) << value;
    }
}

TEST(SegmentShift, APartialChecksumIsThePseudoHeadersOfTheNewAddresses) {
    const SegmentShift shift{.destination = kTarget, .acknowledgment = 77};
    Bytes bytes = packet_with(kTimestampsAndSack);
    const std::size_t size = bytes.size() - kIpv4HeaderSize;
    store_u16(bytes, kChecksum, pseudo_header_sum(kClient, kService, IpProtocol::Tcp, size).sum());
    const Bytes after = shifted(bytes, shift, ChecksumField::Partial);
    EXPECT_EQ(load_u16(after, kChecksum),
              pseudo_header_sum(kClient, kTarget, IpProtocol::Tcp, size).sum());
    EXPECT_TRUE(Ipv4View::parse(after));
}

/// Whatever the options' bytes: what was right is right, and back again it is what it was.
TEST(SegmentShift, AHundredThousandRandomSegmentsComeBackAsTheyWere) {
    Rng rng(kSeed);
    for (int round = 0; round < 100'000; ++round) {
        Bytes options = test::random_bytes(rng, rng.next_u32() % 11 * 4);
        // Half of them begin with what is shifted.
        if (options.size() >= 10 && round % 2 == 0) {
            options[0] = round % 4 == 0 ? 8 : 5;
            options[1] = 10;
        }
        const Bytes before = packet_with(options, static_cast<std::uint8_t>(rng.next_u32()));
        SegmentShift shift;
        if (round % 3 != 0) shift.source = Ipv4Address(rng.next_u32() | 1U);
        if (round % 5 != 0) shift.destination = Ipv4Address(rng.next_u32() | 1U);
        shift.sequence = rng.next_u32();
        shift.acknowledgment = rng.next_u32();
        shift.timestamp = rng.next_u32();
        shift.echo = rng.next_u32();
        const Bytes after = shifted(before, shift);
        ASSERT_TRUE(is_valid(after)) << to_hex(before);
        const Bytes back = shifted(after, inverse_of(shift, kClient, kService));
        ASSERT_EQ(to_hex(back), to_hex(before));
    }
}

}  // namespace
}  // namespace shunt::wire
