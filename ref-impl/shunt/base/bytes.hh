// SPDX-License-Identifier: Apache-2.0
// Views on bytes and big-endian access at an offset (network byte order, FRM-1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "shunt/base/assert.hh"

namespace shunt {

using ByteView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

inline std::uint8_t load_u8(ByteView bytes, std::size_t offset) {
    SHUNT_ASSERT(offset + 1 <= bytes.size(), "a view's lengths are checked before it is read");
    return bytes[offset];
}

inline std::uint16_t load_u16(ByteView bytes, std::size_t offset) {
    SHUNT_ASSERT(offset + 2 <= bytes.size(), "a view's lengths are checked before it is read");
    return static_cast<std::uint16_t>((bytes[offset] << 8) | bytes[offset + 1]);
}

inline std::uint32_t load_u32(ByteView bytes, std::size_t offset) {
    SHUNT_ASSERT(offset + 4 <= bytes.size(), "a view's lengths are checked before it is read");
    return (std::uint32_t{bytes[offset]} << 24) | (std::uint32_t{bytes[offset + 1]} << 16) |
           (std::uint32_t{bytes[offset + 2]} << 8) | std::uint32_t{bytes[offset + 3]};
}

inline std::uint64_t load_u64(ByteView bytes, std::size_t offset) {
    return (std::uint64_t{load_u32(bytes, offset)} << 32) | load_u32(bytes, offset + 4);
}

inline void store_u8(MutableBytes bytes, std::size_t offset, std::uint8_t value) {
    SHUNT_ASSERT(offset + 1 <= bytes.size(), "room is made before it is written");
    bytes[offset] = value;
}

inline void store_u16(MutableBytes bytes, std::size_t offset, std::uint16_t value) {
    SHUNT_ASSERT(offset + 2 <= bytes.size(), "room is made before it is written");
    bytes[offset] = static_cast<std::uint8_t>(value >> 8);
    bytes[offset + 1] = static_cast<std::uint8_t>(value);
}

inline void store_u32(MutableBytes bytes, std::size_t offset, std::uint32_t value) {
    store_u16(bytes, offset, static_cast<std::uint16_t>(value >> 16));
    store_u16(bytes, offset + 2, static_cast<std::uint16_t>(value));
}

inline void store_u64(MutableBytes bytes, std::size_t offset, std::uint64_t value) {
    store_u32(bytes, offset, static_cast<std::uint32_t>(value >> 32));
    store_u32(bytes, offset + 4, static_cast<std::uint32_t>(value));
}

}  // namespace shunt
