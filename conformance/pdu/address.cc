// SPDX-License-Identifier: Apache-2.0
#include "pdu/address.hh"

#include <fmt/format.h>

#include <charconv>

namespace conform {
namespace {

/// Reads one number of at most `digits_max` digits, then `separator` if one is asked for.
bool take_number(std::string_view& text, int base, std::size_t digits_max, char separator,
                 std::uint8_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || length > digits_max) return false;
    text.remove_prefix(length);
    if (separator == '\0') return true;
    if (text.empty() || text.front() != separator) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::optional<Ipv4Address> Ipv4Address::from_string(std::string_view text) {
    Ipv4Address address;
    for (int position = 0; position < 4; ++position) {
        std::uint8_t octet = 0;
        if (!take_number(text, 10, 3, position < 3 ? '.' : '\0', octet)) return std::nullopt;
        address.value = address.value << 8 | octet;
    }
    if (!text.empty()) return std::nullopt;
    return address;
}

std::string Ipv4Address::to_string() const {
    return fmt::format("{}.{}.{}.{}", value >> 24, value >> 16 & 0xFF, value >> 8 & 0xFF,
                       value & 0xFF);
}

std::optional<MacAddress> MacAddress::from_string(std::string_view text) {
    MacAddress mac;
    for (std::size_t position = 0; position < mac.octets.size(); ++position) {
        if (!take_number(text, 16, 2, position < 5 ? ':' : '\0', mac.octets[position])) {
            return std::nullopt;
        }
    }
    if (!text.empty()) return std::nullopt;
    return mac;
}

std::string MacAddress::to_string() const {
    return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", octets[0], octets[1], octets[2],
                       octets[3], octets[4], octets[5]);
}

std::string SocketAddress::to_string() const {
    return fmt::format("{}:{}", address.to_string(), port);
}

}  // namespace conform
