// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/byte_stream_oracle.hh"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace shunt::sim {
namespace {

constexpr std::size_t kDigits = kContentBlockSize - 1;

std::optional<std::uint64_t> digit_value(std::uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - std::uint64_t{'0'};
    if (byte >= 'a' && byte <= 'f') return byte - std::uint64_t{'a'} + 10;
    return std::nullopt;
}

// Eight digits as they stand in memory. Every nibble gets a byte of its own; those above nine are
// as far from 'a' as the others are from '0'.
constexpr std::uint64_t hexadecimal(std::uint32_t value) {
    std::uint64_t nibbles = value;
    nibbles = (nibbles & 0x0000'FFFFU) | (nibbles & 0xFFFF'0000U) << 16;
    nibbles = (nibbles & 0x0000'00FF'0000'00FFU) | (nibbles & 0x0000'FF00'0000'FF00U) << 8;
    nibbles = (nibbles & 0x000F'000F'000F'000FU) | (nibbles & 0x00F0'00F0'00F0'00F0U) << 4;
    constexpr std::uint64_t kEach = 0x0101'0101'0101'0101U;
    const std::uint64_t above_nine = (nibbles + 6 * kEach) >> 4 & kEach;
    const std::uint64_t digits = nibbles + '0' * kEach + above_nine * ('a' - '0' - 10);
    return std::endian::native == std::endian::little ? __builtin_bswap64(digits) : digits;
}

// The offset that a whole block names; nothing if the bytes are no block.
std::optional<std::uint64_t> named_offset(ByteView block) {
    if (block.size() < kContentBlockSize || block[kDigits] != '\n') return std::nullopt;
    std::uint64_t offset = 0;
    for (const std::uint8_t byte : block.first(kDigits)) {
        const auto digit = digit_value(byte);
        if (!digit) return std::nullopt;
        offset = offset * 16 + *digit;
    }
    if (offset % kContentBlockSize != 0) return std::nullopt;
    return offset;
}

// A changed digit names a false offset too: the block behind it, if it is there, has to agree.
std::optional<std::uint64_t> confirmed_offset(ByteView bytes) {
    const auto offset = named_offset(bytes);
    if (!offset || bytes.size() < 2 * kContentBlockSize) return offset;
    const auto next = named_offset(bytes.subspan(kContentBlockSize));
    return next == *offset + kContentBlockSize ? offset : std::nullopt;
}

// Blocks whose offsets agree in all but the last two digits, of which the last is 0.
constexpr std::size_t kGroupSize = 16 * kContentBlockSize;

// The two halves of a block as words in memory.
class BlockWords {
  public:
    explicit BlockWords(std::uint64_t offset)
        : first_(hexadecimal(static_cast<std::uint32_t>(offset >> 28))),
          second_((hexadecimal(static_cast<std::uint32_t>(offset << 4)) & ~kLast) | kLineFeed),
          number_(offset / kContentBlockSize % 16) {}
    // One digit counts the blocks of a group.
    void go_to_next_of_group() { second_ += ++number_ == 10 ? ('a' - '9') * kCount : kCount; }
    void write_to(std::uint8_t* block) const {
        std::memcpy(block, &first_, sizeof(first_));
        std::memcpy(block + sizeof(first_), &second_, sizeof(second_));
    }
    bool are_in(const std::uint8_t* block) const {
        std::uint64_t upper = 0;
        std::uint64_t lower = 0;
        std::memcpy(&upper, block, sizeof(upper));
        std::memcpy(&lower, block + sizeof(upper), sizeof(lower));
        return upper == first_ && lower == second_;
    }

  private:
    static constexpr bool kIsLittle = std::endian::native == std::endian::little;
    static constexpr std::uint64_t kLast = kIsLittle ? 0xFFULL << 56 : 0xFF;
    static constexpr std::uint64_t kLineFeed = kIsLittle ? 0x0AULL << 56 : 0x0A;
    static constexpr std::uint64_t kCount = kIsLittle ? 1ULL << 40 : 1ULL << 16;

    std::uint64_t first_;
    std::uint64_t second_;
    std::uint64_t number_;
};

// How much of `size` bytes from `offset` on, where a block begins, are whole blocks of its group.
std::size_t whole_blocks(std::uint64_t offset, std::size_t size) {
    return std::min(kGroupSize - offset % kGroupSize, size - size % kContentBlockSize);
}

}  // namespace

std::array<std::uint8_t, kContentBlockSize> content_block(std::uint64_t offset) {
    std::array<std::uint8_t, kContentBlockSize> block;
    BlockWords(offset).write_to(block.data());
    return block;
}

void write_content(std::uint64_t offset, MutableBytes out) {
    while (!out.empty()) {
        const std::size_t within = offset % kContentBlockSize;
        std::size_t done = within == 0 ? whole_blocks(offset, out.size()) : 0;
        BlockWords words(offset - within);
        for (std::size_t at = 0; at < done; at += kContentBlockSize, words.go_to_next_of_group())
            words.write_to(out.data() + at);
        if (done == 0) {
            const auto block = content_block(offset - within);
            done = std::min(kContentBlockSize - within, out.size());
            std::memcpy(out.data(), block.data() + within, done);
        }
        out = out.subspan(done);
        offset += done;
    }
}

std::vector<std::uint8_t> content_range(std::uint64_t offset, std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    write_content(offset, bytes);
    return bytes;
}

// As many as are right; the rest is looked at with more care.
std::size_t ByteStreamOracle::check_whole_blocks(ByteView bytes) {
    std::size_t position = 0;
    while (const std::size_t size = whole_blocks(offset_, bytes.size() - position)) {
        BlockWords words(offset_);
        for (const std::size_t end = position + size; position < end; words.go_to_next_of_group()) {
            if (!words.are_in(bytes.data() + position)) return position;
            position += kContentBlockSize;
            offset_ += kContentBlockSize;
        }
    }
    return position;
}

std::optional<std::string> ByteStreamOracle::check(ByteView bytes) {
    if (bytes.size() > remaining()) {
        return fmt::format("{} bytes follow the last of the {} that belong to the object",
                           bytes.size() - remaining(), size_);
    }
    std::size_t position = 0;
    while (position < bytes.size()) {
        const std::size_t within = offset_ % kContentBlockSize;
        if (within == 0) position += check_whole_blocks(bytes.subspan(position));
        if (position == bytes.size()) break;
        const auto block = content_block(offset_ - within);
        const std::size_t count = std::min(kContentBlockSize - within, bytes.size() - position);
        const auto expected = block.begin() + static_cast<std::ptrdiff_t>(within);
        if (!std::equal(expected, expected + static_cast<std::ptrdiff_t>(count),
                        bytes.begin() + static_cast<std::ptrdiff_t>(position))) {
            return describe_mismatch(bytes, position);
        }
        position += count;
        offset_ += count;
    }
    return std::nullopt;
}

std::string ByteStreamOracle::describe_mismatch(ByteView bytes, std::size_t position) const {
    for (std::size_t at = position; at + kContentBlockSize <= bytes.size(); ++at) {
        const auto named = confirmed_offset(bytes.subspan(at));
        if (!named) continue;
        const std::uint64_t here = offset_ + (at - position);
        if (*named > here) {
            return fmt::format("{} bytes are missing: offset {} where {} was expected",
                               *named - here, *named, here);
        }
        if (*named < here) {
            return fmt::format("{} bytes come again: offset {} where {} was expected",
                               here - *named, *named, here);
        }
        break;
    }
    return fmt::format("bytes are changed in the block of offset {}",
                       offset_ - offset_ % kContentBlockSize);
}

}  // namespace shunt::sim
