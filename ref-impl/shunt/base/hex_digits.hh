// SPDX-License-Identifier: Apache-2.0
// Lower-case hex digits, eight at a time in one word whose highest byte is the first digit: dozens
// of them may have to be read before anybody serves a request, millions written into a stream.
#pragma once

#include <cstdint>

namespace shunt {

/// What eight characters say as hex digits, the first one the highest.
struct HexDigits {
    std::uint32_t value = 0;
    /// Zero where all of them were lower-case digits; then alone `value` means anything.
    std::uint64_t faults = 0;
};

namespace hex {

constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
constexpr std::uint64_t kHighBits = 0x80 * kOnes;

/// The high bit of each byte that is `least` or more; bytes are below 0x80.
constexpr std::uint64_t at_least(std::uint64_t bytes, char least) {
    return (bytes + (0x80U - static_cast<std::uint8_t>(least)) * kOnes) & kHighBits;
}

constexpr std::uint64_t between(std::uint64_t bytes, char first, char last) {
    return at_least(bytes, first) & ~at_least(bytes, static_cast<char>(last + 1));
}

}  // namespace hex

/// The digits of `value`.
constexpr std::uint64_t spell_hex(std::uint32_t value) {
    std::uint64_t digits = value;
    digits = (digits | digits << 16) & 0x0000'FFFF'0000'FFFF;
    digits = (digits | digits << 8) & 0x00FF'00FF'00FF'00FF;
    digits = (digits | digits << 4) & 0x0F0F'0F0F'0F0F'0F0F;
    const std::uint64_t letters = (digits + 6 * hex::kOnes) >> 4 & hex::kOnes;
    return digits + '0' * hex::kOnes + letters * ('a' - '9' - 1);
}

constexpr HexDigits read_hex(std::uint64_t characters) {
    using hex::between;
    using hex::kHighBits;
    const std::uint64_t ascii = characters & ~kHighBits;
    const std::uint64_t letters = between(ascii, 'a', 'f');
    const std::uint64_t faults = kHighBits & (characters | ~(letters | between(ascii, '0', '9')));
    // A letter's low half counts from 1, and stands for 10.
    std::uint64_t nibbles = (ascii & (0x0F * hex::kOnes)) + 9 * (letters >> 7);
    nibbles = (nibbles | nibbles >> 4) & 0x00FF'00FF'00FF'00FF;
    nibbles = (nibbles | nibbles >> 8) & 0x0000'FFFF'0000'FFFF;
    nibbles = nibbles | nibbles >> 16;
    return {static_cast<std::uint32_t>(nibbles), faults};
}

}  // namespace shunt
