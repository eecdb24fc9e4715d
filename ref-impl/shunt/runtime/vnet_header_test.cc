// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/vnet_header.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::runtime {
namespace {

using ::testing::ElementsAreArray;
using Bytes = std::vector<std::uint8_t>;

/// A UDP datagram 10.7.0.9:4660 > 10.7.1.1:22136 with four bytes, behind 2 bytes that no sum
/// covers; its checksum field holds the pseudo header's sum, as a sender with offload leaves it:
/// 0A07 + 0009 + 0A07 + 0101 + 0011 + 000C = 1535.
const Bytes kPartial = {0xEE, 0xEE, 0x12, 0x34, 0x56, 0x78, 0x00,
                        0x0C, 0x15, 0x35, 'a',  'b',  'c',  'd'};

TEST(VnetHeader, CompletesAPartialChecksumInPlace) {
    Bytes frame = kPartial;
    // 1234 + 5678 + 000C + 1535 + 6162 + 6364 = 142B3, folded 42B4, complement BD4B.
    ASSERT_TRUE(complete_checksum(frame, 2, 6));
    Bytes expected = kPartial;
    expected[8] = 0xBD;
    expected[9] = 0x4B;
    EXPECT_THAT(frame, ElementsAreArray(expected));
}

TEST(VnetHeader, WritesAUdpChecksumOfZeroAsAllOnes) {
    Bytes udp = {0xFF, 0xFF, 0, 0, 0, 0, 0, 0};
    ASSERT_TRUE(complete_checksum(udp, 0, 6));
    EXPECT_EQ(load_u16(udp, 6), 0xFFFF);
    Bytes icmp = {0xFF, 0xFF, 0, 0, 0, 0, 0, 0};  // elsewhere zero is an ordinary value
    ASSERT_TRUE(complete_checksum(icmp, 0, 2));
    EXPECT_EQ(load_u16(icmp, 2), 0);
}

TEST(VnetHeader, LeavesAFrameAloneWhoseChecksumWouldLieOutsideOfIt) {
    Bytes frame(20, 1);
    EXPECT_TRUE(complete_checksum(frame, 4, 14));
    frame.assign(20, 1);
    EXPECT_FALSE(complete_checksum(frame, 4, 15));
    EXPECT_FALSE(complete_checksum(frame, 65'535, 65'535));
    EXPECT_THAT(frame, ElementsAreArray(Bytes(20, 1)));
}

VnetHeaderBytes header_bytes(std::uint8_t flags, std::uint8_t segmentation, std::uint16_t start,
                             std::uint16_t offset) {
    VnetHeaderBytes bytes{};
    bytes[0] = flags;
    bytes[1] = segmentation;
    std::memcpy(bytes.data() + 6, &start, 2);
    std::memcpy(bytes.data() + 8, &offset, 2);
    return bytes;
}

TEST(VnetHeader, NamesTheDropOrMakesTheFrameWhole) {
    PacketPool pool;
    Packet frame = pool.copy(kPartial);
    EXPECT_EQ(apply(VnetHeader::parse(header_bytes(0, 0, 2, 6)), frame), std::nullopt);
    EXPECT_THAT(frame.bytes(), ElementsAreArray(kPartial));
    EXPECT_EQ(apply(VnetHeader::parse(header_bytes(1, 1, 2, 6)), frame),
              Counter::DropDeviceSegmented);
    EXPECT_EQ(apply(VnetHeader::parse(header_bytes(1, 0, 8, 6)), frame),
              Counter::DropDeviceChecksumStart);
    EXPECT_THAT(frame.bytes(), ElementsAreArray(kPartial));
    EXPECT_EQ(apply(VnetHeader::parse(header_bytes(1, 0, 2, 6)), frame), std::nullopt);
    EXPECT_EQ(load_u16(frame.bytes(), 8), 0xBD4B);
}

/// A frame of TCP over IPv4 whose checksum is left to an offload.
Packet partial_segment(PacketPool& pool, std::size_t length) {
    Packet packet = pool.take_large();
    for (std::uint8_t& byte : packet.append(length))
        byte = 0x5A;
    const wire::Ipv4Address source(10, 7, 0, 9);
    const wire::Ipv4Address destination(10, 7, 1, 1);
    wire::TcpHeader{}.prepend_to(packet, source, destination, wire::ChecksumField::Partial);
    wire::Ipv4Header ip;
    ip.source = source;
    ip.destination = destination;
    ip.prepend_to(packet);
    wire::EthernetHeader{{}, {}, wire::kEtherTypeIpv4}.prepend_to(packet);
    return packet;
}

VnetHeaderBytes train_bytes(std::uint8_t segmentation, std::uint16_t segment_size) {
    VnetHeaderBytes bytes = header_bytes(1, segmentation, 34, 16);
    std::memcpy(bytes.data() + 4, &segment_size, 2);
    return bytes;
}

TEST(VnetHeader, TcpStaysUnfinishedAndSaysSo) {
    PacketPool pool;
    Packet segment = partial_segment(pool, 100);
    const Bytes before(segment.bytes().begin(), segment.bytes().end());
    EXPECT_EQ(apply(VnetHeader::parse(header_bytes(1, 0, 34, 16)), segment), std::nullopt);
    EXPECT_EQ(segment.unfinished(), Unfinished{.checksum = true});
    EXPECT_THAT(segment.bytes(), ElementsAreArray(before));
    Packet train = partial_segment(pool, 5'000);
    EXPECT_EQ(apply(VnetHeader::parse(train_bytes(1, 1'448)), train), std::nullopt);
    EXPECT_EQ(train.unfinished(), (Unfinished{.checksum = true, .segment_size = 1'448}));
}

TEST(VnetHeader, WhatIsSentIsReadAsItWasMeant) {
    PacketPool pool;
    for (const Unfinished unfinished : {Unfinished{}, Unfinished{.checksum = true},
                                        Unfinished{.checksum = true, .segment_size = 1'448}}) {
        Packet frame = partial_segment(pool, 5'000);
        frame.set_unfinished(unfinished);
        const VnetHeader header = VnetHeader::parse(VnetHeader::for_sending(frame));
        frame.set_unfinished({});
        EXPECT_EQ(apply(header, frame), std::nullopt);
        EXPECT_EQ(frame.unfinished(), unfinished);
    }
}

TEST(VnetHeader, DropsATrainThatItCannotTrust) {
    PacketPool pool;
    const auto drop_of = [&](const VnetHeaderBytes& bytes) {
        Packet train = partial_segment(pool, 5'000);
        return apply(VnetHeader::parse(bytes), train);
    };
    EXPECT_EQ(drop_of(train_bytes(1, 1'448)), std::nullopt);
    EXPECT_EQ(drop_of(train_bytes(3, 1'448)), Counter::DropDeviceSegmented);     // UDP
    EXPECT_EQ(drop_of(train_bytes(4, 1'448)), Counter::DropDeviceSegmented);     // TCP over IPv6
    EXPECT_EQ(drop_of(train_bytes(0x81, 1'448)), Counter::DropDeviceSegmented);  // with CWR
    EXPECT_EQ(drop_of(train_bytes(1, 0)), Counter::DropDeviceSegmented);
    EXPECT_EQ(drop_of(train_bytes(1, 9'162)), std::nullopt);  // 54 bytes of headers more
    EXPECT_EQ(drop_of(train_bytes(1, 9'163)), Counter::DropDeviceSegmented);
    VnetHeaderBytes elsewhere = train_bytes(1, 1'448);
    elsewhere[6] = 38;
    EXPECT_EQ(drop_of(elsewhere), Counter::DropDeviceSegmented);
}

TEST(VnetHeader, ACutTcpHeaderIsNoTrain) {
    PacketPool pool;
    Packet train = partial_segment(pool, 5'000);
    train.trim_back(1);  // less than the total length says
    EXPECT_EQ(apply(VnetHeader::parse(train_bytes(1, 1'448)), train), Counter::DropDeviceSegmented);
}

}  // namespace
}  // namespace shunt::runtime
