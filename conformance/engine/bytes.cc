// SPDX-License-Identifier: Apache-2.0
#include "engine/bytes.hh"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace conform {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

void append_u16(Bytes& bytes, std::uint16_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value));
}

void append_u32(Bytes& bytes, std::uint32_t value) {
    append_u16(bytes, static_cast<std::uint16_t>(value >> 16));
    append_u16(bytes, static_cast<std::uint16_t>(value));
}

void append_u64(Bytes& bytes, std::uint64_t value) {
    append_u32(bytes, static_cast<std::uint32_t>(value >> 32));
    append_u32(bytes, static_cast<std::uint32_t>(value));
}

void append(Bytes& bytes, ByteView more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

std::string to_hex(ByteView bytes, std::size_t limit) {
    std::string text;
    for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), limit))) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 0x0F];
    }
    if (bytes.size() > limit) text += "..";
    return text;
}

Bytes from_hex(std::string_view text) {
    Bytes bytes;
    int high = -1;
    for (const char c : text) {
        if (c == ' ' || c == '\n') continue;
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) throw std::invalid_argument("not a hex digit");
        if (high < 0) {
            high = static_cast<int>(digit);
            continue;
        }
        bytes.push_back(static_cast<std::uint8_t>(high << 4 | static_cast<int>(digit)));
        high = -1;
    }
    if (high >= 0) throw std::invalid_argument("an odd number of hex digits");
    return bytes;
}

}  // namespace conform
