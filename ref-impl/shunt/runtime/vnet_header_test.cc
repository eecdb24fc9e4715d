// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/vnet_header.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

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

}  // namespace
}  // namespace shunt::runtime
