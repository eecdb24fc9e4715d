// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/crc32c.hh"

#include <gtest/gtest.h>
#include <isa-l/crc.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "shunt/base/rng.hh"

namespace shunt {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint64_t kSeed = 11;

struct Known {
    Bytes bytes;
    std::uint32_t result;
};

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

Bytes counting(bool is_up) {
    Bytes bytes(32);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    if (!is_up) std::reverse(bytes.begin(), bytes.end());
    return bytes;
}

// "123456789" is the usual check; the others are RFC 3720 B.4, whose bytes are in the order of the
// wire there: the lowest first.
std::vector<Known> known_results() {
    Bytes read_command(48);
    const Known rows[] = {{{0x01, 0xC0}, 0},  // at 0
                          {{0x14}, 16},      {{0x04, 0x00}, 22}, {{0x14}, 27},
                          {{0x18}, 31},      {{0x28}, 32},       {{0x02}, 40}};
    for (const Known& row : rows)
        std::copy(row.bytes.begin(), row.bytes.end(), read_command.begin() + row.result);
    return {{{}, 0},
            {bytes_of("123456789"), 0xE306'9283},
            {Bytes(32, 0x00), 0x8A91'36AA},
            {Bytes(32, 0xFF), 0x62A8'AB43},
            {counting(true), 0x46DD'794E},
            {counting(false), 0x113F'DB5C},
            {read_command, 0xD996'3A56}};
}

// What the library uses where the processor has nothing for it: a table.
std::uint32_t by_table(ByteView bytes) {
    Bytes copy(bytes.begin(), bytes.end());
    return ~crc32_iscsi_base(copy.data(), static_cast<int>(copy.size()), 0xFFFF'FFFF);
}

// The definition: one bit after the other, the lowest first.
std::uint32_t by_definition(ByteView bytes) {
    std::uint32_t rest = 0xFFFF'FFFF;
    for (const std::uint8_t byte : bytes) {
        rest ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            rest = (rest >> 1) ^ ((rest & 1U) != 0 ? 0x82F6'3B78U : 0U);
    }
    return ~rest;
}

TEST(Crc32cTest, GivesTheKnownResultsWithAndWithoutTheProcessorsHelp) {
    for (const Known& known : known_results()) {
        EXPECT_EQ(crc32c(known.bytes), known.result) << known.bytes.size() << " bytes";
        EXPECT_EQ(by_table(known.bytes), known.result) << known.bytes.size() << " bytes";
        EXPECT_EQ(by_definition(known.bytes), known.result) << known.bytes.size() << " bytes";
    }
}

// Every size and alignment at which an implementation changes its stride, and sizes of blobs.
TEST(Crc32cTest, BothWaysAgreeForEverySizeAndAlignment) {
    Rng rng(kSeed);
    Bytes bytes(300'000);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(rng.next_u32());
    for (std::size_t size = 0; size < 1'100; ++size) {
        const ByteView part = ByteView(bytes).subspan(size % 17, size);
        ASSERT_EQ(crc32c(part), by_definition(part)) << size << " bytes, seed " << kSeed;
        ASSERT_EQ(by_table(part), by_definition(part)) << size << " bytes, seed " << kSeed;
    }
    for (const std::size_t size : {4'095U, 4'096U, 65'537U, 131'072U, 299'999U}) {
        const ByteView part = ByteView(bytes).first(size);
        EXPECT_EQ(crc32c(part), by_table(part)) << size << " bytes, seed " << kSeed;
    }
}

TEST(Crc32cTest, EveryFlippedBitChangesIt) {
    Bytes bytes(140, 0x5A);
    const std::uint32_t before = crc32c(bytes);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
        bytes[bit / 8] ^= mask;
        EXPECT_NE(crc32c(bytes), before) << "bit " << bit;
        bytes[bit / 8] ^= mask;
    }
}

}  // namespace
}  // namespace shunt
