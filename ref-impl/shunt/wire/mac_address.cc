// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/mac_address.hh"

#include <algorithm>
#include <charconv>

namespace shunt::wire {

std::optional<MacAddress> MacAddress::from_string(std::string_view text) {
    constexpr std::size_t text_size = 3 * kSize - 1;
    if (text.size() != text_size) return std::nullopt;
    std::array<std::uint8_t, kSize> octets{};
    for (std::size_t i = 0; i < kSize; ++i) {
        const char* const pair = text.data() + 3 * i;
        const auto [stop, error] = std::from_chars(pair, pair + 2, octets[i], 16);
        if (error != std::errc{} || stop != pair + 2) return std::nullopt;
        if (i + 1 < kSize && pair[2] != ':') return std::nullopt;
    }
    return MacAddress(octets);
}

std::string MacAddress::to_string() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t octet : octets_) {
        if (!text.empty()) text += ':';
        text += digits[octet >> 4];
        text += digits[octet & 0xF];
    }
    return text;
}

MacAddress MacAddress::load(ByteView bytes, std::size_t offset) {
    SHUNT_ASSERT(offset + kSize <= bytes.size(), "a view's lengths are checked before it is read");
    MacAddress address;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), kSize,
                address.octets_.begin());
    return address;
}

void MacAddress::store(MutableBytes bytes, std::size_t offset) const {
    SHUNT_ASSERT(offset + kSize <= bytes.size(), "room is made before it is written");
    std::copy(octets_.begin(), octets_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace shunt::wire
