// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/ipv4.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;
using test::with_byte;
using test::with_u16;

// 10.7.0.9 to 10.7.1.1, DF, 4 bytes of payload.
const Bytes kPacket = from_hex("45000018 12344000 4006 1395 0A070009 0A070101 DEADBEEF");

Bytes with_checksum(Bytes bytes, std::size_t header_size = kIpv4HeaderSize) {
    store_u16(bytes, 10, 0);
    const std::uint16_t checksum = internet_checksum(ByteView(bytes).first(header_size));
    store_u16(bytes, 10, checksum);
    return bytes;
}

// The counter of the check that `bytes` fails; kCount if it fails none.
Counter fault_of(const Bytes& bytes) {
    const auto view = Ipv4View::parse(bytes);
    return view ? Counter::kCount : view.error();
}

TEST(Ipv4Test, ReadsEveryField) {
    const auto view = Ipv4View::parse(kPacket);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->header_size(), 20U);
    EXPECT_EQ(view->type_of_service(), 0);
    EXPECT_EQ(view->total_length(), 24);
    EXPECT_EQ(view->identification(), 0x1234);
    EXPECT_TRUE(view->dont_fragment());
    EXPECT_FALSE(view->more_fragments());
    EXPECT_EQ(view->fragment_offset(), 0U);
    EXPECT_FALSE(view->is_fragment());
    EXPECT_EQ(view->ttl(), 64);
    EXPECT_EQ(view->protocol(), IpProtocol::Tcp);
    EXPECT_EQ(view->source(), Ipv4Address(10, 7, 0, 9));
    EXPECT_EQ(view->destination(), Ipv4Address(10, 7, 1, 1));
    EXPECT_EQ(to_hex(view->packet()), to_hex(kPacket));
    EXPECT_EQ(to_hex(view->payload()), "de ad be ef");
}

TEST(Ipv4Test, WritesWhatItReads) {
    PacketPool pool;
    Packet packet = pool.copy(from_hex("DEADBEEF"));
    Ipv4Header{.identification = 0x1234,
               .dont_fragment = true,
               .protocol = IpProtocol::Tcp,
               .source = Ipv4Address(10, 7, 0, 9),
               .destination = Ipv4Address(10, 7, 1, 1)}
        .prepend_to(packet);
    EXPECT_EQ(to_hex(packet.bytes()), to_hex(kPacket));
}

TEST(Ipv4Test, AnyHeaderComesBackAsItWasWritten) {
    constexpr std::uint64_t seed = 791;
    Rng rng(seed);
    PacketPool pool;
    for (int round = 0; round < 1'000; ++round) {
        Ipv4Header header;
        header.type_of_service = static_cast<std::uint8_t>(rng.next_u32());
        header.identification = static_cast<std::uint16_t>(rng.next_u32());
        header.dont_fragment = rng.chance({1, 2});
        header.more_fragments = rng.chance({1, 2});
        header.fragment_offset = rng.below(0x2000) * 8;
        header.ttl = static_cast<std::uint8_t>(rng.next_u32());
        header.protocol = static_cast<IpProtocol>(rng.below(256));
        header.source = Ipv4Address(rng.next_u32());
        header.destination = Ipv4Address(rng.next_u32());
        const Bytes payload = test::random_bytes(rng, rng.below(1'500));
        Packet packet = pool.copy(payload);
        header.prepend_to(packet);
        packet.append(test::random_bytes(rng, rng.below(50)));
        const auto view = Ipv4View::parse(packet.bytes());
        ASSERT_TRUE(view) << "seed " << seed << " " << to_hex(packet.bytes());
        EXPECT_EQ(view->type_of_service(), header.type_of_service);
        EXPECT_EQ(view->identification(), header.identification);
        EXPECT_EQ(view->dont_fragment(), header.dont_fragment);
        EXPECT_EQ(view->more_fragments(), header.more_fragments);
        EXPECT_EQ(view->fragment_offset(), header.fragment_offset);
        EXPECT_EQ(view->ttl(), header.ttl);
        EXPECT_EQ(view->protocol(), header.protocol);
        EXPECT_EQ(view->source(), header.source);
        EXPECT_EQ(view->destination(), header.destination);
        EXPECT_EQ(test::to_bytes(view->payload()), payload);
    }
}

TEST(Ipv4Test, RefusesEveryTruncation) {
    for (std::size_t size = 0; size < kPacket.size(); ++size) {
        const Bytes part = test::cut(kPacket, kPacket.size() - size);
        EXPECT_EQ(fault_of(part), size < kIpv4HeaderSize ? Counter::DropIpv4Truncated
                                                         : Counter::DropIpv4TotalLength)
            << size;
    }
    EXPECT_EQ(fault_of(kPacket), Counter::kCount);
}

TEST(Ipv4Test, TheVersionIsFour) {
    for (unsigned version = 0; version < 16; ++version) {
        const Bytes bytes =
            with_checksum(with_byte(kPacket, 0, static_cast<std::uint8_t>(version << 4 | 5)));
        EXPECT_EQ(fault_of(bytes), version == 4 ? Counter::kCount : Counter::DropIpv4Version)
            << version;
    }
}

TEST(Ipv4Test, TheHeaderHasFiveWordsOrMoreAndLiesInThePacket) {
    const Bytes room = with_u16(test::followed_by(kPacket, Bytes(40, 0)), 2, 64);
    for (unsigned words = 0; words < 16; ++words) {
        Bytes bytes = with_byte(room, 0, static_cast<std::uint8_t>(0x40 | words));
        if (words < 5) {
            EXPECT_EQ(fault_of(bytes), Counter::DropIpv4HeaderLength) << words;
            continue;
        }
        const std::size_t header_size = std::size_t{words} * 4;
        bytes = with_checksum(bytes, header_size);
        const auto view = Ipv4View::parse(bytes);
        ASSERT_TRUE(view) << words;
        EXPECT_EQ(view->header_size(), header_size);
        EXPECT_EQ(view->payload().size(), 64 - header_size);
    }
    EXPECT_EQ(fault_of(with_byte(kPacket, 0, 0x46)), Counter::DropIpv4Checksum);
    EXPECT_EQ(fault_of(with_byte(kPacket, 0, 0x47)), Counter::DropIpv4HeaderLength);
}

TEST(Ipv4Test, TotalLengthLiesBetweenTheHeaderAndTheBuffer) {
    for (const std::uint16_t length : std::vector<std::uint16_t>{0, 1, 19, 25, 0xFFFF}) {
        EXPECT_EQ(fault_of(with_checksum(with_u16(kPacket, 2, length))),
                  Counter::DropIpv4TotalLength)
            << length;
    }
    for (const std::uint16_t length : std::vector<std::uint16_t>{20, 21, 24}) {
        const Bytes bytes = with_checksum(with_u16(kPacket, 2, length));
        const auto view = Ipv4View::parse(bytes);
        ASSERT_TRUE(view) << length;
        EXPECT_EQ(view->packet().size(), length);
        EXPECT_EQ(view->payload().size(), length - 20U);
    }
}

TEST(Ipv4Test, TheChecksumCoversEveryHeaderByteAndNoOther) {
    for (std::size_t at = 1; at < kIpv4HeaderSize; ++at) {
        if (at == 2 || at == 3) continue;  // the total length is checked before
        EXPECT_EQ(fault_of(with_byte(kPacket, at, kPacket[at] ^ 0x01)), Counter::DropIpv4Checksum)
            << at;
    }
    for (std::size_t at = kIpv4HeaderSize; at < kPacket.size(); ++at)
        EXPECT_EQ(fault_of(with_byte(kPacket, at, kPacket[at] ^ 0x01)), Counter::kCount) << at;
}

TEST(Ipv4Test, OfTwoFaultsTheEarlierCheckNamesTheCounter) {
    EXPECT_EQ(fault_of(with_byte(test::cut(kPacket, 5), 0, 0x35)), Counter::DropIpv4Truncated);
    EXPECT_EQ(fault_of(with_byte(kPacket, 0, 0x34)), Counter::DropIpv4Version);
    EXPECT_EQ(fault_of(with_u16(with_byte(kPacket, 0, 0x44), 2, 0)), Counter::DropIpv4HeaderLength);
    EXPECT_EQ(fault_of(with_u16(kPacket, 2, 0)), Counter::DropIpv4TotalLength);
}

TEST(Ipv4Test, FragmentsAreTold) {
    const auto is_fragment = [](std::uint16_t flags_and_offset) {
        const Bytes bytes = with_checksum(with_u16(kPacket, 6, flags_and_offset));
        return Ipv4View::parse(bytes)->is_fragment();
    };
    EXPECT_FALSE(is_fragment(0x0000));
    EXPECT_FALSE(is_fragment(0x4000));
    EXPECT_TRUE(is_fragment(0x2000));
    EXPECT_TRUE(is_fragment(0x0001));
    EXPECT_TRUE(is_fragment(0x1FFF));
    EXPECT_FALSE(is_fragment(0x8000));
}

TEST(Ipv4DeathTest, WhatCannotBeWrittenStops) {
    PacketPool pool;
    Packet packet = pool.take();
    EXPECT_DEATH(Ipv4Header{.fragment_offset = 4}.prepend_to(packet), "multiples of 8");
    EXPECT_DEATH(Ipv4Header{.fragment_offset = 0x2000 * 8}.prepend_to(packet), "multiples of 8");
}

}  // namespace
}  // namespace shunt::wire
