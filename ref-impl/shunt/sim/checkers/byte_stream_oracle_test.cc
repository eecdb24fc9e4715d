// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/byte_stream_oracle.hh"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace shunt::sim {
namespace {

using ::testing::HasSubstr;

TEST(ByteStreamOracle, BlockIsFifteenHexadecimalDigitsAndLineFeed) {
    const auto block = content_block(0x1a0);
    EXPECT_EQ(std::string(block.begin(), block.end()), "0000000000001a0\n");
}

TEST(ByteStreamOracle, RangeBeginsAndEndsInsideBlocks) {
    const auto bytes = content_range(14, 20);
    EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "0\n000000000000010\n00");
}

TEST(ByteStreamOracle, DigitsCarryWhereverTheyAreFull) {
    for (const std::uint64_t offset : {0x90ULL, 0xF0ULL, 0x1F0ULL, 0xFFFF0ULL, 0xFFFFFF0ULL,
                                       0xFFFFFFFF0ULL, 0x9999999999999F0ULL}) {
        for (std::size_t within = 0; within < kContentBlockSize; ++within) {
            const auto bytes = content_range(offset + within, 600);
            const std::string text(bytes.begin(), bytes.end());
            std::string expected;
            for (std::uint64_t block = offset; expected.size() < within + text.size(); block += 16)
                expected += fmt::format("{:015x}\n", block);
            ASSERT_EQ(text, expected.substr(within, text.size()));
        }
    }
}

TEST(ByteStreamOracle, FindsOneChangedBitWhereverItIs) {
    const auto stream = content_range(0, 800);
    // Behind the last block nothing tells a changed digit from a gap.
    const std::size_t last = stream.size() - kContentBlockSize;
    for (std::size_t changed = 0; changed < last; ++changed) {
        auto bytes = stream;
        bytes[changed] ^= static_cast<std::uint8_t>(1U << changed % 8);
        ByteStreamOracle oracle(bytes.size());
        const std::size_t block = changed - changed % kContentBlockSize;
        ASSERT_EQ(oracle.check(bytes),
                  fmt::format("bytes are changed in the block of offset {}", block));
        ASSERT_EQ(oracle.offset(), block);
    }
}

TEST(ByteStreamOracle, AcceptsTheStreamInPiecesOfAnySize) {
    for (std::size_t piece = 1; piece <= 40; ++piece) {
        const auto stream = content_range(0, 1'001);
        ByteStreamOracle oracle(stream.size());
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            const auto view = ByteView(stream).subspan(at, std::min(piece, stream.size() - at));
            ASSERT_EQ(oracle.check(view), std::nullopt) << piece;
        }
        EXPECT_TRUE(oracle.is_complete());
    }
}

TEST(ByteStreamOracle, TellsThatBytesAreMissing) {
    ByteStreamOracle oracle(10'000);
    ASSERT_EQ(oracle.check(content_range(0, 1'460)), std::nullopt);
    const auto fault = oracle.check(content_range(2'920, 1'460));
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("1460 bytes are missing"));
}

TEST(ByteStreamOracle, TellsThatBytesComeAgain) {
    ByteStreamOracle oracle(10'000);
    ASSERT_EQ(oracle.check(content_range(0, 1'460)), std::nullopt);
    const auto fault = oracle.check(content_range(60, 1'400));
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("1400 bytes come again"));
}

TEST(ByteStreamOracle, TellsThatBytesAreChanged) {
    ByteStreamOracle oracle(10'000);
    auto bytes = content_range(0, 1'460);
    bytes[100] ^= 1;
    const auto fault = oracle.check(bytes);
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("changed in the block of offset 96"));
}

TEST(ByteStreamOracle, RefusesTheFirstByteTooMany) {
    ByteStreamOracle exact(32);
    EXPECT_EQ(exact.check(content_range(0, 32)), std::nullopt);
    ByteStreamOracle over(32);
    const auto fault = over.check(content_range(0, 33));
    ASSERT_TRUE(fault);
    EXPECT_THAT(*fault, HasSubstr("1 bytes follow the last of the 32"));
}

}  // namespace
}  // namespace shunt::sim
