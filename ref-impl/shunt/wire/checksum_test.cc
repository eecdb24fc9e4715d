// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/checksum.hh"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "shunt/base/rng.hh"

namespace shunt::wire {
namespace {

// The loop of RFC 1071 4.1, word by word: slow and plainly right.
std::uint16_t naive_sum(ByteView bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        const std::uint32_t low = i + 1 < bytes.size() ? bytes[i + 1] : 0;
        sum += (std::uint32_t{bytes[i]} << 8) | low;
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(sum);
}

std::vector<std::uint8_t> random_bytes(Rng& rng, std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(rng.next_u32());
    return bytes;
}

TEST(ChecksumTest, SumsTheExampleOfRfc1071) {
    const std::array<std::uint8_t, 8> bytes = {0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7};
    ChecksumAccumulator accumulator;
    accumulator.add(bytes);
    EXPECT_EQ(accumulator.sum(), 0xDDF2);
    EXPECT_EQ(internet_checksum(bytes), 0x220D);
}

TEST(ChecksumTest, NothingSumsToZero) {
    EXPECT_EQ(internet_checksum({}), 0xFFFF);
    EXPECT_FALSE(is_checksum_valid({}));
}

TEST(ChecksumTest, OddLengthIsPaddedWithZero) {
    EXPECT_EQ(internet_checksum(std::array<std::uint8_t, 1>{0x12}), 0xEDFF);
    EXPECT_EQ(internet_checksum(std::array<std::uint8_t, 3>{0x00, 0x01, 0x12}), 0xEDFE);
}

TEST(ChecksumTest, AgreesWithTheNaiveLoopAtEveryLengthAndAlignment) {
    constexpr std::uint64_t seed = 1071;
    Rng rng(seed);
    const auto bytes = random_bytes(rng, 4'096 + 16);
    for (std::size_t length = 0; length <= 200; ++length) {
        for (std::size_t start = 0; start < 16; ++start) {
            const ByteView part = ByteView(bytes).subspan(start, length);
            ChecksumAccumulator accumulator;
            accumulator.add(part);
            ASSERT_EQ(accumulator.sum(), naive_sum(part))
                << "start " << start << " length " << length;
        }
    }
    for (int i = 0; i < 2'000; ++i) {
        const std::size_t start = rng.below(16);
        const std::size_t length = rng.below(4'096);
        const ByteView part = ByteView(bytes).subspan(start, length);
        ASSERT_EQ(internet_checksum(part), static_cast<std::uint16_t>(~naive_sum(part)))
            << "seed " << seed << " start " << start << " length " << length;
    }
}

TEST(ChecksumTest, CarriesAreNotLostWhereEveryWordIsFull) {
    const std::vector<std::uint8_t> ones(65'535, 0xFF);
    EXPECT_EQ(internet_checksum(ones), static_cast<std::uint16_t>(~naive_sum(ones)));
    const std::vector<std::uint8_t> even(65'534, 0xFF);
    EXPECT_TRUE(is_checksum_valid(even));
}

TEST(ChecksumTest, PartsSumToTheWhole) {
    constexpr std::uint64_t seed = 42;
    Rng rng(seed);
    for (int i = 0; i < 2'000; ++i) {
        const std::size_t length = rng.below(300);
        const auto bytes = random_bytes(rng, length);
        ChecksumAccumulator accumulator;
        std::size_t offset = 0;
        while (offset < length) {
            const std::size_t count = 1 + rng.below(length - offset);
            accumulator.add(ByteView(bytes).subspan(offset, count));
            offset += count;
        }
        ASSERT_EQ(accumulator.sum(), naive_sum(bytes)) << "seed " << seed << " round " << i;
    }
}

TEST(ChecksumTest, NumbersCountAsTheirBytes) {
    ChecksumAccumulator numbers;
    numbers.add(std::array<std::uint8_t, 1>{0xAB});
    numbers.add_u16(0x1234);
    numbers.add_u32(0x56789ABC);
    const std::array<std::uint8_t, 7> bytes = {0xAB, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC};
    EXPECT_EQ(numbers.sum(), naive_sum(bytes));
}

TEST(ChecksumTest, UpdateOfRfc1624ExampleGivesZeroNotMinusZero) {
    // RFC 1624 4: HC = 0xDD2F, m = 0x5555, m' = 0x3285.
    EXPECT_EQ(update_checksum(0xDD2F, 0x5555, 0x3285), 0x0000);
}

TEST(ChecksumTest, UpdateEqualsRecomputation) {
    constexpr std::uint64_t seed = 1624;
    Rng rng(seed);
    for (int i = 0; i < 5'000; ++i) {
        auto bytes = random_bytes(rng, 40);
        bytes[39] |= 1;  // a run of zeros alone is the one case where the two forms of zero differ
        const std::uint16_t checksum = internet_checksum(bytes);
        const std::size_t at = 2 * rng.below(19);
        const std::uint16_t before = load_u16(bytes, at);
        const auto after = static_cast<std::uint16_t>(rng.next_u32());
        store_u16(bytes, at, after);
        ASSERT_EQ(update_checksum(checksum, before, after), internet_checksum(bytes))
            << "seed " << seed << " round " << i;
    }
}

}  // namespace
}  // namespace shunt::wire
