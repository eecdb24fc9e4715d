// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/tcp_header.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;
using test::with_byte;

constexpr Ipv4Address kClient(10, 7, 0, 9);
constexpr Ipv4Address kService(10, 7, 1, 1);

// A SYN with all options; "abc" with timestamps, two SACK blocks and an urgent pointer. Both from
// kClient to kService, made by Scapy.
const Bytes kSyn = from_hex(
    "1267 0050 01020304 00000000 A002 FAF0 DCD4 0000"
    "020405B4 0402 080A 11223344 00000000 01 030307");
const Bytes kData = from_hex(
    "1267 0050 FFFFFFFE 0A0B0C0D F018 01F6 FC19 0003 0101080A 00000005 00000006"
    "0101051A 00000001 00000002 00000003 00000004 00000005 00000006 616263");

Packet in_ipv4(PacketPool& pool, const Bytes& segment, Ipv4Header header) {
    Packet packet = pool.copy(segment);
    header.source = kClient;
    header.destination = kService;
    header.prepend_to(packet);
    return packet;
}

// The counter of the check that `segment` fails; kCount if it fails none.
Counter fault_of(const Bytes& segment, Ipv4Header header = {.protocol = IpProtocol::Tcp}) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, segment, header);
    const auto view = TcpView::parse(*Ipv4View::parse(packet.bytes()));
    return view ? Counter::kCount : view.error();
}

Bytes with_checksum(Bytes segment) {
    store_u16(segment, 16, 0);
    ChecksumAccumulator sum = pseudo_header_sum(kClient, kService, IpProtocol::Tcp, segment.size());
    sum.add(segment);
    store_u16(segment, 16, sum.checksum());
    return segment;
}

TEST(TcpHeaderTest, ReadsASyn) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, kSyn, {});
    const auto view = TcpView::parse(*Ipv4View::parse(packet.bytes()));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->source_port(), 4711);
    EXPECT_EQ(view->destination_port(), 80);
    EXPECT_EQ(view->sequence(), SequenceNumber(0x01020304));
    EXPECT_EQ(view->acknowledgment(), SequenceNumber(0));
    EXPECT_EQ(view->header_size(), 40U);
    EXPECT_EQ(view->flags(), TcpFlags{.syn = true});
    EXPECT_EQ(view->window(), 64'240);
    EXPECT_EQ(view->urgent_pointer(), 0);
    EXPECT_TRUE(view->payload().empty());
    EXPECT_EQ(view->options().mss, 1'460);
    EXPECT_EQ(view->segment_length(), 1U);
}

TEST(TcpHeaderTest, ReadsData) {
    PacketPool pool;
    const Packet packet = in_ipv4(pool, kData, {});
    const auto view = TcpView::parse(*Ipv4View::parse(packet.bytes()));
    ASSERT_TRUE(view);
    EXPECT_EQ(view->sequence(), SequenceNumber(0xFFFFFFFE));
    EXPECT_EQ(view->acknowledgment(), SequenceNumber(0x0A0B0C0D));
    EXPECT_EQ(view->flags(), (TcpFlags{.push = true, .acknowledgment = true}));
    EXPECT_EQ(view->window(), 502);
    EXPECT_EQ(view->urgent_pointer(), 3);
    EXPECT_EQ(to_hex(view->payload()), "61 62 63");
    EXPECT_EQ(view->options().sack_blocks().size(), 3U);
    EXPECT_EQ(view->segment_length(), 3U);
}

TEST(TcpHeaderTest, WritesWhatItReads) {
    for (const Bytes& golden : {kSyn, kData}) {
        PacketPool pool;
        const Packet source = in_ipv4(pool, golden, {});
        const auto view = TcpView::parse(*Ipv4View::parse(source.bytes()));
        ASSERT_TRUE(view);
        const TcpHeader header{.source_port = view->source_port(),
                               .destination_port = view->destination_port(),
                               .sequence = view->sequence(),
                               .acknowledgment = view->acknowledgment(),
                               .flags = view->flags(),
                               .window = view->window(),
                               .urgent_pointer = view->urgent_pointer(),
                               .options = view->options()};
        Packet packet = pool.copy(view->payload());
        header.prepend_to(packet, kClient, kService);
        EXPECT_EQ(to_hex(packet.bytes()), to_hex(golden));
        EXPECT_EQ(header.size(), view->header_size());
    }
}

TEST(TcpHeaderTest, EveryFlagHasItsBit) {
    EXPECT_EQ(TcpFlags{.fin = true}.to_byte(), 0x01);
    EXPECT_EQ(TcpFlags{.syn = true}.to_byte(), 0x02);
    EXPECT_EQ(TcpFlags{.reset = true}.to_byte(), 0x04);
    EXPECT_EQ(TcpFlags{.push = true}.to_byte(), 0x08);
    EXPECT_EQ(TcpFlags{.acknowledgment = true}.to_byte(), 0x10);
    EXPECT_EQ(TcpFlags{.urgent = true}.to_byte(), 0x20);
    EXPECT_EQ(TcpFlags{.ecn_echo = true}.to_byte(), 0x40);
    EXPECT_EQ(TcpFlags{.congestion_window_reduced = true}.to_byte(), 0x80);
    for (unsigned byte = 0; byte <= 0xFF; ++byte)
        EXPECT_EQ(TcpFlags::from_byte(static_cast<std::uint8_t>(byte)).to_byte(), byte);
}

TEST(TcpHeaderTest, SynAndFinTakeANumberEach) {
    PacketPool pool;
    const auto length_with = [&](std::uint8_t flags) {
        const Packet packet = in_ipv4(pool, with_checksum(with_byte(kData, 13, flags)), {});
        return TcpView::parse(*Ipv4View::parse(packet.bytes()))->segment_length();
    };
    EXPECT_EQ(length_with(0x10), 3U);
    EXPECT_EQ(length_with(0x11), 4U);
    EXPECT_EQ(length_with(0x02), 4U);
    EXPECT_EQ(length_with(0x03), 5U);
}

TEST(TcpHeaderTest, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < kSyn.size(); ++size) {
        EXPECT_EQ(fault_of(test::cut(kSyn, kSyn.size() - size)),
                  size < kTcpHeaderSize ? Counter::DropTcpTruncated : Counter::DropTcpDataOffset)
            << size;
    }
    EXPECT_EQ(fault_of(kSyn), Counter::kCount);
    EXPECT_EQ(fault_of(test::cut(kData, 1)), Counter::DropTcpChecksum);
}

TEST(TcpHeaderTest, TheHeaderHasFiveWordsOrMoreAndLiesInTheSegment) {
    for (unsigned words = 0; words < 16; ++words) {
        const Bytes segment =
            with_checksum(with_byte(kSyn, 12, static_cast<std::uint8_t>(words << 4)));
        EXPECT_EQ(fault_of(segment),
                  words < 5 || words > 10 ? Counter::DropTcpDataOffset : Counter::kCount)
            << words;
    }
}

TEST(TcpHeaderTest, TheChecksumCoversEveryBitAndTheAddresses) {
    for (std::size_t at = 0; at < kData.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            if (at == 12 && bit >= 4) continue;  // the data offset is checked before
            const Bytes damaged =
                with_byte(kData, at, static_cast<std::uint8_t>(kData[at] ^ (1U << bit)));
            ASSERT_EQ(fault_of(damaged), Counter::DropTcpChecksum) << at << "." << bit;
        }
    }
    PacketPool pool;
    Packet packet = pool.copy(kData);
    Ipv4Header{.source = kService, .destination = Ipv4Address(10, 7, 0, 8)}.prepend_to(packet);
    const auto view = TcpView::parse(*Ipv4View::parse(packet.bytes()));
    ASSERT_FALSE(view);
    EXPECT_EQ(view.error(), Counter::DropTcpChecksum);
}

TEST(TcpHeaderTest, ReservedBitsAreIgnored) {
    EXPECT_EQ(fault_of(with_checksum(with_byte(kData, 12, 0xFF))), Counter::kCount);
}

TEST(TcpHeaderTest, RefusesFragmentsAndOtherProtocols) {
    EXPECT_EQ(fault_of(kData, {.more_fragments = true}), Counter::DropIpv4Fragment);
    EXPECT_EQ(fault_of(kData, {.fragment_offset = 8}), Counter::DropIpv4Fragment);
    EXPECT_EQ(fault_of(kData, {.protocol = IpProtocol::Icmp}), Counter::DropIpv4Protocol);
}

TEST(TcpHeaderTest, OfTwoFaultsTheEarlierCheckNamesTheCounter) {
    EXPECT_EQ(fault_of(with_byte(test::cut(kSyn, 30), 0, 1)), Counter::DropTcpTruncated);
    EXPECT_EQ(fault_of(with_byte(kSyn, 12, 0x40)), Counter::DropTcpDataOffset);
}

TEST(TcpHeaderTest, AnySegmentComesBackAsItWasWritten) {
    constexpr std::uint64_t seed = 9'293;
    Rng rng(seed);
    PacketPool pool;
    for (int round = 0; round < 2'000; ++round) {
        TcpHeader header;
        header.source_port = static_cast<std::uint16_t>(rng.next_u32());
        header.destination_port = static_cast<std::uint16_t>(rng.next_u32());
        header.sequence = SequenceNumber(rng.next_u32());
        header.acknowledgment = SequenceNumber(rng.next_u32());
        header.flags = TcpFlags::from_byte(static_cast<std::uint8_t>(rng.next_u32()));
        header.window = static_cast<std::uint16_t>(rng.next_u32());
        header.urgent_pointer = static_cast<std::uint16_t>(rng.next_u32());
        if (rng.chance({1, 2})) header.options.timestamps = TcpTimestamps{rng.next_u32(), 1};
        if (rng.chance({1, 2})) header.options.mss = 1'460;
        const Bytes payload = test::random_bytes(rng, rng.below(1'461));
        Packet packet = pool.copy(payload);
        header.prepend_to(packet, kClient, kService);
        Ipv4Header{.source = kClient, .destination = kService}.prepend_to(packet);
        const auto view = TcpView::parse(*Ipv4View::parse(packet.bytes()));
        ASSERT_TRUE(view) << "seed " << seed << " " << to_hex(packet.bytes());
        EXPECT_EQ(view->source_port(), header.source_port);
        EXPECT_EQ(view->destination_port(), header.destination_port);
        EXPECT_EQ(view->sequence(), header.sequence);
        EXPECT_EQ(view->acknowledgment(), header.acknowledgment);
        EXPECT_EQ(view->flags(), header.flags);
        EXPECT_EQ(view->window(), header.window);
        EXPECT_EQ(view->urgent_pointer(), header.urgent_pointer);
        EXPECT_EQ(view->options(), header.options);
        EXPECT_EQ(test::to_bytes(view->payload()), payload);
    }
}

}  // namespace
}  // namespace shunt::wire
