// SPDX-License-Identifier: Apache-2.0
/// IPv4 and MAC addresses as values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace conform {

struct Ipv4Address {
    std::uint32_t value = 0;  ///< host order: 10.7.0.9 is 0x0A070009

    static std::optional<Ipv4Address> from_string(std::string_view text);
    std::string to_string() const;
    auto operator<=>(const Ipv4Address&) const = default;
};

struct MacAddress {
    std::array<std::uint8_t, 6> octets{};

    static std::optional<MacAddress> from_string(std::string_view text);
    std::string to_string() const;
    auto operator<=>(const MacAddress&) const = default;
};

constexpr MacAddress kBroadcastMac{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}};

/// One end of a connection.
struct SocketAddress {
    Ipv4Address address;
    std::uint16_t port = 0;

    std::string to_string() const;
    auto operator<=>(const SocketAddress&) const = default;
};

}  // namespace conform
