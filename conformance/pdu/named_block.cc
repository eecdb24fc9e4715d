// SPDX-License-Identifier: Apache-2.0
#include "pdu/named_block.hh"

#include <fmt/format.h>

namespace conform {
namespace {

constexpr std::size_t kEnd = kNamedBlock - 1;
constexpr std::size_t kStreamDigits = 6;
constexpr std::size_t kDot = kStreamDigits;

/// The number that lower-case hexadecimal digits say.
std::optional<std::uint64_t> read_digits(ByteView bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) {
        const bool is_decimal = byte >= '0' && byte <= '9';
        if (!is_decimal && (byte < 'a' || byte > 'f')) return std::nullopt;
        const int digit = is_decimal ? byte - '0' : byte - 'a' + 10;
        value = value << 4U | static_cast<std::uint64_t>(digit);
    }
    return value;
}

/// The digit of `value` with so many behind it.
std::uint8_t digit_of(std::uint64_t value, std::size_t behind) {
    return static_cast<std::uint8_t>("0123456789abcdef"[value >> (4 * behind) & 0xF]);
}

}  // namespace

std::string spell_stream(std::uint32_t stream) {
    return fmt::format("{:06x}", stream);
}

std::optional<std::uint32_t> read_stream(ByteView bytes) {
    if (bytes.size() < kStreamDigits) return std::nullopt;
    const auto value = read_digits(bytes.first(kStreamDigits));
    if (!value) return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

std::uint8_t named_byte(const BlockName& place) {
    const std::size_t at = place.offset % kNamedBlock;
    if (at == kEnd) return '\n';
    if (!place.stream) return digit_of(place.offset - at, kEnd - 1 - at);
    if (at < kDot) return digit_of(*place.stream, kDot - 1 - at);
    return at == kDot ? std::uint8_t{'.'} : digit_of(place.offset / kNamedBlock, kEnd - 1 - at);
}

Bytes named_content(StreamName stream, std::size_t size) {
    Bytes bytes(size);
    for (std::size_t offset = 0; offset < size; ++offset)
        bytes[offset] = named_byte({stream, offset});
    return bytes;
}

std::optional<BlockName> read_block(ByteView bytes) {
    if (bytes.size() < kNamedBlock || bytes[kEnd] != '\n') return std::nullopt;
    if (bytes[kDot] == '.') {
        const auto stream = read_stream(bytes);
        const auto number = read_digits(bytes.subspan(kDot + 1, kEnd - kDot - 1));
        if (!stream || !number) return std::nullopt;
        return BlockName{stream, *number * kNamedBlock};
    }
    const auto offset = read_digits(bytes.first(kEnd));
    if (!offset || *offset % kNamedBlock != 0) return std::nullopt;
    return BlockName{{}, *offset};
}

}  // namespace conform
