// SPDX-License-Identifier: Apache-2.0
// For tests: bytes written as hexadecimal text, and bytes shown as such when a test fails.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"

namespace shunt::wire::test {

using Bytes = std::vector<std::uint8_t>;

/// Pairs of hexadecimal digits; blanks between them are for the reader.
inline Bytes from_hex(std::string_view text) {
    Bytes bytes;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            ++i;
            continue;
        }
        std::uint8_t byte = 0;
        const auto [stop, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        SHUNT_ASSERT(error == std::errc{} && stop == text.data() + i + 2, "a test's own literal");
        bytes.push_back(byte);
        i += 2;
    }
    return bytes;
}

inline std::string to_hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        if (!text.empty()) text += ' ';
        text += digits[byte >> 4];
        text += digits[byte & 0xF];
    }
    return text;
}

inline Bytes to_bytes(ByteView view) {
    return {view.begin(), view.end()};
}

inline Bytes random_bytes(Rng& rng, std::size_t count) {
    Bytes bytes(count);
    for (auto& byte : bytes)
        byte = static_cast<std::uint8_t>(rng.next_u32());
    return bytes;
}

/// A copy in which the byte at `offset` is `value`.
inline Bytes with_byte(Bytes bytes, std::size_t offset, std::uint8_t value) {
    store_u8(bytes, offset, value);
    return bytes;
}

/// A copy in which the two bytes at `offset` are `value`.
inline Bytes with_u16(Bytes bytes, std::size_t offset, std::uint16_t value) {
    store_u16(bytes, offset, value);
    return bytes;
}

/// A copy without the last `count` bytes.
inline Bytes cut(const Bytes& bytes, std::size_t count) {
    SHUNT_ASSERT(count <= bytes.size(), "a test cuts what is there");
    return {bytes.begin(), bytes.end() - static_cast<std::ptrdiff_t>(count)};
}

/// A copy with `tail` behind it.
inline Bytes followed_by(Bytes bytes, const Bytes& tail) {
    bytes.insert(bytes.end(), tail.begin(), tail.end());
    return bytes;
}

}  // namespace shunt::wire::test
