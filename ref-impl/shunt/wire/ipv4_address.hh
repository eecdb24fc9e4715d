// SPDX-License-Identifier: Apache-2.0
// An IPv4 address, kept as a number in host order.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::wire {

class Ipv4Address {
  public:
    constexpr Ipv4Address() = default;
    /// From the number that its four octets spell, first octet highest.
    constexpr explicit Ipv4Address(std::uint32_t value) : value_(value) {}
    constexpr Ipv4Address(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d)
        : value_((std::uint32_t{a} << 24) | (std::uint32_t{b} << 16) | (std::uint32_t{c} << 8) |
                 d) {}

    /// Dotted quad, four decimal numbers without leading zeros; nothing else is taken.
    static std::optional<Ipv4Address> from_string(std::string_view text);
    std::string to_string() const;

    constexpr std::uint32_t value() const { return value_; }
    // NOLINTNEXTLINE(modernize-use-nullptr)
    constexpr auto operator<=>(const Ipv4Address&) const = default;

    /// 0.0.0.0: "this host" (RFC 1122 3.2.1.3 (a)).
    constexpr bool is_unspecified() const { return value_ == 0; }
    /// 127.0.0.0/8 (RFC 1122 3.2.1.3 (g)).
    constexpr bool is_loopback() const { return value_ >> 24 == 127; }
    /// 224.0.0.0/4 (RFC 1112 4).
    constexpr bool is_multicast() const { return value_ >> 28 == 0xE; }
    /// 255.255.255.255; a subnet's own broadcast address needs its prefix: Ipv4Prefix.
    constexpr bool is_broadcast() const { return value_ == 0xFFFFFFFF; }

  private:
    std::uint32_t value_ = 0;
};

}  // namespace shunt::wire
