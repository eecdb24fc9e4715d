// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/generated_content.hh"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

namespace shunt::node {
namespace {

using Block = std::array<std::uint8_t, kContentBlock>;

// Eight hexadecimal digits as they stand in memory: every nibble gets a byte of its own, and what
// is above nine moves on to the letters.
std::uint64_t eight_digits(std::uint32_t value) {
    std::uint64_t digits = value;
    digits = (digits | digits << 16) & 0x0000'FFFF'0000'FFFFU;
    digits = (digits | digits << 8) & 0x00FF'00FF'00FF'00FFU;
    digits = (digits | digits << 4) & 0x0F0F'0F0F'0F0F'0F0FU;
    const std::uint64_t letters = (digits + 0x0606'0606'0606'0606U) >> 4 & 0x0101'0101'0101'0101U;
    digits += 0x3030'3030'3030'3030U + letters * ('a' - '9' - 1);
    return std::endian::native == std::endian::little ? __builtin_bswap64(digits) : digits;
}

Block block_at(std::uint64_t number) {
    const std::uint64_t offset = number * kContentBlock;
    const std::array<std::uint64_t, 2> words = {
        eight_digits(static_cast<std::uint32_t>(offset >> 28)),
        eight_digits(static_cast<std::uint32_t>(offset << 4))};
    Block block{};
    std::memcpy(block.data(), words.data(), kContentBlock);
    block[kContentBlock - 1] = '\n';
    return block;
}

}  // namespace

std::uint8_t generated_byte(std::uint64_t offset) {
    return block_at(offset / kContentBlock)[offset % kContentBlock];
}

void generate(std::uint64_t offset, MutableBytes into) {
    std::size_t done = 0;
    while (done < into.size()) {
        const Block block = block_at((offset + done) / kContentBlock);
        const std::size_t from = (offset + done) % kContentBlock;
        const std::size_t count = std::min(kContentBlock - from, into.size() - done);
        std::memcpy(into.data() + done, block.data() + from, count);
        done += count;
    }
}

std::optional<std::uint64_t> generated_size(std::string_view target) {
    constexpr std::string_view marker = "/bytes/";
    constexpr std::uint64_t most = std::uint64_t{1} << 60;
    const std::size_t at = target.rfind(marker);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view digits = target.substr(at + marker.size());
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (error != std::errc{} || end != digits.data() + digits.size() || size > most) {
        return std::nullopt;
    }
    return size;
}

}  // namespace shunt::node
