// SPDX-License-Identifier: Apache-2.0
// A 48 bit Ethernet address (IEEE 802.3 3.2.3).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/base/bytes.hh"

namespace shunt::wire {

class MacAddress {
  public:
    static constexpr std::size_t kSize = 6;

    constexpr MacAddress() = default;
    constexpr explicit MacAddress(std::array<std::uint8_t, kSize> octets) : octets_(octets) {}
    static constexpr MacAddress broadcast() {
        return MacAddress({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF});
    }
    /// Six pairs of hexadecimal digits with colons between.
    static std::optional<MacAddress> from_string(std::string_view text);
    /// Lower case, with colons.
    std::string to_string() const;

    /// Reads the six octets at `offset`, which the caller has checked to be there.
    static MacAddress load(ByteView bytes, std::size_t offset);
    void store(MutableBytes bytes, std::size_t offset) const;

    constexpr const std::array<std::uint8_t, kSize>& octets() const { return octets_; }
    // NOLINTNEXTLINE(modernize-use-nullptr)
    constexpr auto operator<=>(const MacAddress&) const = default;

    constexpr bool is_broadcast() const { return *this == broadcast(); }
    /// The group bit is set; broadcast counts.
    constexpr bool is_multicast() const { return (octets_[0] & 1) != 0; }

  private:
    std::array<std::uint8_t, kSize> octets_{};
};

}  // namespace shunt::wire
