// SPDX-License-Identifier: Apache-2.0
/// Bytes of a frame, and big-endian integers in them (FRM-1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace conform {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Big-endian integers at `offset`; the caller has checked the length.
constexpr std::uint16_t load_u16(ByteView bytes, std::size_t offset) {
    return static_cast<std::uint16_t>((bytes[offset] << 8) | bytes[offset + 1]);
}
constexpr std::uint32_t load_u32(ByteView bytes, std::size_t offset) {
    return (static_cast<std::uint32_t>(load_u16(bytes, offset)) << 16) |
           load_u16(bytes, offset + 2);
}
constexpr std::uint64_t load_u64(ByteView bytes, std::size_t offset) {
    return (static_cast<std::uint64_t>(load_u32(bytes, offset)) << 32) |
           load_u32(bytes, offset + 4);
}

constexpr void store_u16(std::span<std::uint8_t> bytes, std::size_t offset, std::uint16_t value) {
    bytes[offset] = static_cast<std::uint8_t>(value >> 8);
    bytes[offset + 1] = static_cast<std::uint8_t>(value);
}
constexpr void store_u32(std::span<std::uint8_t> bytes, std::size_t offset, std::uint32_t value) {
    store_u16(bytes, offset, static_cast<std::uint16_t>(value >> 16));
    store_u16(bytes, offset + 2, static_cast<std::uint16_t>(value));
}

void append_u16(Bytes& bytes, std::uint16_t value);
void append_u32(Bytes& bytes, std::uint32_t value);
void append_u64(Bytes& bytes, std::uint64_t value);
void append(Bytes& bytes, ByteView more);

inline Bytes to_bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

/// Lower-case hex without spaces; at most `limit` bytes, then "..".
std::string to_hex(ByteView bytes, std::size_t limit = SIZE_MAX);

/// Bytes of a literal such as "45 00 00 28"; anything but hex digits and blanks throws
/// std::invalid_argument (it is our own literal that is wrong).
Bytes from_hex(std::string_view text);

}  // namespace conform
