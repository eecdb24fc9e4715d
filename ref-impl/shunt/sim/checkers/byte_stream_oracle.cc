// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/byte_stream_oracle.hh"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::sim {
namespace {

constexpr std::size_t kDigits = kContentBlockSize - 1;

std::optional<std::uint64_t> digit_value(std::uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - std::uint64_t{'0'};
    if (byte >= 'a' && byte <= 'f') return byte - std::uint64_t{'a'} + 10;
    return std::nullopt;
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

}  // namespace

std::array<std::uint8_t, kContentBlockSize> content_block(std::uint64_t offset) {
    constexpr char kHex[] = "0123456789abcdef";
    std::array<std::uint8_t, kContentBlockSize> block{};
    for (std::size_t i = kDigits; i-- > 0; offset /= 16)
        block[i] = static_cast<std::uint8_t>(kHex[offset % 16]);
    block[kDigits] = '\n';
    return block;
}

std::vector<std::uint8_t> content_range(std::uint64_t offset, std::size_t size) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(size + kContentBlockSize);
    std::size_t skip = offset % kContentBlockSize;
    for (std::uint64_t at = offset - skip; bytes.size() < size; at += kContentBlockSize, skip = 0) {
        const auto block = content_block(at);
        bytes.insert(bytes.end(), block.begin() + static_cast<std::ptrdiff_t>(skip), block.end());
    }
    bytes.resize(size);
    return bytes;
}

std::optional<std::string> ByteStreamOracle::check(ByteView bytes) {
    if (bytes.size() > remaining()) {
        return fmt::format("{} bytes follow the last of the {} that belong to the object",
                           bytes.size() - remaining(), size_);
    }
    std::size_t position = 0;
    while (position < bytes.size()) {
        const std::size_t within = offset_ % kContentBlockSize;
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
