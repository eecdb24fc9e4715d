// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/base64.hh"

namespace shunt::app {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned kDigitBits = 6;

}  // namespace

std::string to_base64(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t kept = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        kept = (kept << 8) | byte;
        for (bits += 8; bits >= kDigitBits; bits -= kDigitBits)
            text.push_back(kDigits[(kept >> (bits - kDigitBits)) & 0x3F]);
    }
    if (bits > 0) text.push_back(kDigits[(kept << (kDigitBits - bits)) & 0x3F]);
    text.resize((text.size() + 3) / 4 * 4, '=');
    return text;
}

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && !text.empty() && text.back() == '='; ++padding)
        text.remove_suffix(1);
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t kept = 0;
    unsigned bits = 0;
    for (const char digit : text) {
        const std::size_t value = kDigits.find(digit);
        if (value == kDigits.npos) return std::nullopt;
        kept = (kept << kDigitBits) | static_cast<std::uint32_t>(value);
        bits += kDigitBits;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<std::uint8_t>(kept >> bits));
    }
    // Six bits alone are no byte, and what is left over is zero: each text is of other bytes.
    const bool is_exact = bits < kDigitBits && (kept & ((1U << bits) - 1U)) == 0;
    return is_exact ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace shunt::app
