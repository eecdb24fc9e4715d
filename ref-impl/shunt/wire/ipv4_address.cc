// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/ipv4_address.hh"

#include "shunt/wire/decimal.hh"

namespace shunt::wire {

std::optional<Ipv4Address> Ipv4Address::from_string(std::string_view text) {
    std::uint32_t value = 0;
    for (int octet = 0; octet < 4; ++octet) {
        const std::size_t dot = text.find('.');
        const bool is_last = octet == 3;
        if (is_last != (dot == std::string_view::npos)) return std::nullopt;
        const auto number = parse_decimal(text.substr(0, dot), 255);
        if (!number) return std::nullopt;
        value = (value << 8) | *number;
        if (!is_last) text.remove_prefix(dot + 1);
    }
    return Ipv4Address(value);
}

std::string Ipv4Address::to_string() const {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) {
        text += std::to_string((value_ >> shift) & 0xFF);
        if (shift > 0) text += '.';
    }
    return text;
}

}  // namespace shunt::wire
