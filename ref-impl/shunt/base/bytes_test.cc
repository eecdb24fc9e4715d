// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/bytes.hh"

#include <gtest/gtest.h>

#include <array>

namespace shunt {
namespace {

constexpr std::array<std::uint8_t, 10> kBytes = {0xFE, 0x01, 0x82, 0x03, 0x84,
                                                 0x05, 0x86, 0x07, 0x88, 0xFF};

TEST(BytesTest, LoadsBigEndianAtAnyAlignment) {
    EXPECT_EQ(load_u8(kBytes, 9), 0xFF);
    EXPECT_EQ(load_u16(kBytes, 0), 0xFE01);
    EXPECT_EQ(load_u16(kBytes, 8), 0x88FF);
    EXPECT_EQ(load_u32(kBytes, 1), 0x01820384U);
    EXPECT_EQ(load_u32(kBytes, 6), 0x860788FFU);
    EXPECT_EQ(load_u64(kBytes, 0), 0xFE01820384058607U);
    EXPECT_EQ(load_u64(kBytes, 2), 0x82038405860788FFU);
}

TEST(BytesTest, StoresWhatIsLoadedAndNothingBeside) {
    std::array<std::uint8_t, 10> bytes{};
    store_u8(bytes, 9, 0xFF);
    store_u64(bytes, 1, 0x0182038405860788U);
    store_u8(bytes, 0, 0xFE);
    EXPECT_EQ(bytes, kBytes);
    store_u16(bytes, 4, 0x1234);
    store_u32(bytes, 6, 0x56789ABC);
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 10>{0xFE, 0x01, 0x82, 0x03, 0x12, 0x34, 0x56, 0x78,
                                                   0x9A, 0xBC}));
}

TEST(BytesDeathTest, NothingIsReadOrWrittenPastTheEnd) {
    std::array<std::uint8_t, 8> bytes{};
    EXPECT_EQ(load_u64(bytes, 0), 0U);
    EXPECT_DEATH(load_u8(bytes, 8), "lengths are checked");
    EXPECT_DEATH(load_u16(bytes, 7), "lengths are checked");
    EXPECT_DEATH(load_u32(bytes, 5), "lengths are checked");
    EXPECT_DEATH(load_u64(bytes, 1), "lengths are checked");
    EXPECT_DEATH(store_u8(bytes, 8, 1), "room is made");
    EXPECT_DEATH(store_u16(bytes, 7, 1), "room is made");
    EXPECT_DEATH(store_u32(bytes, 5, 1), "room is made");
    EXPECT_DEATH(store_u64(bytes, 1, 1), "room is made");
}

}  // namespace
}  // namespace shunt
