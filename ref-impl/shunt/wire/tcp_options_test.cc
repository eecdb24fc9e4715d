// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/tcp_options.hh"

#include <gtest/gtest.h>

#include "shunt/wire/test_support.hh"

namespace shunt::wire {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

SackBlock block(std::uint32_t left, std::uint32_t right) {
    return {SequenceNumber(left), SequenceNumber(right)};
}

std::string stored(const TcpOptions& options) {
    Bytes bytes(options.size(), 0xEE);
    options.store(bytes);
    return to_hex(bytes);
}

TcpOptions all_of_a_syn() {
    TcpOptions options;
    options.mss = 1'460;
    options.window_scale = 7;
    options.sack_permitted = true;
    options.timestamps = TcpTimestamps{0x11223344, 0};
    return options;
}

TEST(TcpOptionsTest, ReadsWhatLinuxSendsInASyn) {
    EXPECT_EQ(TcpOptions::parse(from_hex("020405B4 0402 080A 11223344 00000000 01 030307")),
              all_of_a_syn());
}

TEST(TcpOptionsTest, WritesInTheOrderOfLinux) {
    EXPECT_EQ(stored(all_of_a_syn()),
              "02 04 05 b4 04 02 08 0a 11 22 33 44 00 00 00 00 01 03 03 07");

    TcpOptions without_sack = all_of_a_syn();
    without_sack.sack_permitted = false;
    EXPECT_EQ(stored(without_sack), "02 04 05 b4 01 01 08 0a 11 22 33 44 00 00 00 00 01 03 03 07");

    TcpOptions without_timestamps = all_of_a_syn();
    without_timestamps.timestamps.reset();
    EXPECT_EQ(stored(without_timestamps), "02 04 05 b4 01 01 04 02 01 03 03 07");

    TcpOptions data;
    data.timestamps = TcpTimestamps{5, 6};
    ASSERT_TRUE(data.add_sack_block(block(1, 2)));
    ASSERT_TRUE(data.add_sack_block(block(3, 4)));
    EXPECT_EQ(stored(data),
              "01 01 08 0a 00 00 00 05 00 00 00 06 "
              "01 01 05 12 00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 04");
    EXPECT_EQ(stored(TcpOptions{}), "");
}

TEST(TcpOptionsTest, BlocksThatDoNotFitAreLeftOut) {
    TcpOptions options;
    for (std::uint32_t i = 0; i < 4; ++i)
        ASSERT_TRUE(options.add_sack_block(block(i, i + 1)));
    EXPECT_FALSE(options.add_sack_block(block(9, 10)));
    EXPECT_EQ(options.sack_blocks().size(), 4U);
    EXPECT_EQ(options.size(), 36U);

    options.timestamps = TcpTimestamps{1, 2};
    EXPECT_EQ(options.size(), TcpOptions::kSizeMax);
    Bytes bytes(options.size());
    options.store(bytes);
    EXPECT_EQ(TcpOptions::parse(bytes).sack_blocks().size(), 3U);

    options.mss = 1'460;
    options.window_scale = 7;
    EXPECT_EQ(options.size(), 20U + 20U);
    options.sack_permitted = true;
    EXPECT_EQ(options.size(), 20U + 20U);
}

TEST(TcpOptionsTest, EndOfListEndsIt) {
    EXPECT_EQ(TcpOptions::parse(from_hex("00 020405B4")), TcpOptions{});
    EXPECT_EQ(TcpOptions::parse(from_hex("01 01 020405B4 00 030307")).mss, 1'460);
    EXPECT_FALSE(TcpOptions::parse(from_hex("020405B4 00 030307")).window_scale);
}

TEST(TcpOptionsTest, UnknownOptionsAreSkipped) {
    EXPECT_EQ(TcpOptions::parse(from_hex("FE 02 22 05 AABBCC 1E 04 0000 020405B4")).mss, 1'460);
}

TEST(TcpOptionsTest, AMalformedListKeepsWhatWasReadBefore) {
    for (const char* fault : {"08 00 FFFFFFFF", "FE 00 030307", "FE 01 030307", "08",
                              "08 0A 00000001", "05 FF 00000001", "FE 00", "FE 01", "FE FF"}) {
        const TcpOptions options =
            TcpOptions::parse(test::followed_by(from_hex("020405B4"), from_hex(fault)));
        TcpOptions expected;
        expected.mss = 1'460;
        EXPECT_EQ(options, expected) << fault;
    }
}

TEST(TcpOptionsTest, KnownKindsOfAnotherLengthAreSkipped) {
    const char* const lists[] = {"02 03 05",
                                 "02 05 05B400",
                                 "03 02",
                                 "03 04 0707",
                                 "04 03 00",
                                 "08 09 00000000000000",
                                 "08 0B 0000000000000000 00",
                                 "05 02",
                                 "05 09 00000001000002",
                                 "05 0B 00000001 00000002 00"};
    for (const char* list : lists) {
        const TcpOptions options =
            TcpOptions::parse(test::followed_by(from_hex(list), from_hex("030309")));
        TcpOptions expected;
        expected.window_scale = 9;
        EXPECT_EQ(options, expected) << list;
    }
}

TEST(TcpOptionsTest, ExtremeValuesAreReadAsTheyAre) {
    for (const std::uint16_t mss : std::vector<std::uint16_t>{0, 1, 8, 48, 0xFFFF}) {
        Bytes bytes = from_hex("02040000");
        store_u16(bytes, 2, mss);
        EXPECT_EQ(TcpOptions::parse(bytes).mss, mss);
    }
    EXPECT_EQ(TcpOptions::parse(from_hex("0303FF")).window_scale, 255);
}

TEST(TcpOptionsTest, OfARepeatedOptionTheLastCounts) {
    EXPECT_EQ(TcpOptions::parse(from_hex("02040001 02040002")).mss, 2);
    const TcpOptions options = TcpOptions::parse(
        from_hex("0512 00000001 00000002 00000003 00000004 050A 00000005 00000006"));
    ASSERT_EQ(options.sack_blocks().size(), 1U);
    EXPECT_EQ(options.sack_blocks()[0], block(5, 6));
}

TEST(TcpOptionsTest, AnyBytesAreReadWithoutHarm) {
    constexpr std::uint64_t seed = 40;
    Rng rng(seed);
    for (int round = 0; round < 20'000; ++round) {
        Bytes bytes = test::random_bytes(rng, rng.below(TcpOptions::kSizeMax + 1));
        // Small numbers, so that kinds and lengths often are real ones.
        for (auto& byte : bytes)
            if (rng.chance({3, 4})) byte = static_cast<std::uint8_t>(byte % 12);
        const TcpOptions options = TcpOptions::parse(bytes);
        ASSERT_LE(options.sack_blocks().size(), TcpOptions::kSackBlocksMax) << to_hex(bytes);
        ASSERT_LE(options.size(), TcpOptions::kSizeMax) << to_hex(bytes);
    }
}

TEST(TcpOptionsTest, WhatIsWrittenIsRead) {
    constexpr std::uint64_t seed = 7'323;
    Rng rng(seed);
    for (int round = 0; round < 5'000; ++round) {
        TcpOptions options;
        if (rng.chance({1, 2})) options.mss = static_cast<std::uint16_t>(rng.next_u32());
        if (rng.chance({1, 2})) options.window_scale = static_cast<std::uint8_t>(rng.next_u32());
        options.sack_permitted = rng.chance({1, 2});
        if (rng.chance({1, 2})) {
            const std::uint32_t value = rng.next_u32();
            options.timestamps = TcpTimestamps{value, rng.next_u32()};
        }
        const std::uint64_t blocks = rng.below(3);
        for (std::uint64_t i = 0; i < blocks; ++i) {
            const std::uint32_t left = rng.next_u32();
            options.add_sack_block(block(left, left + 1));
        }
        Bytes bytes(options.size());
        ASSERT_EQ(bytes.size() % 4, 0U);
        options.store(bytes);
        ASSERT_EQ(TcpOptions::parse(bytes), options) << "seed " << seed << " " << to_hex(bytes);
    }
}

}  // namespace
}  // namespace shunt::wire
