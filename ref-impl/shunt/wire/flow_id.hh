// SPDX-License-Identifier: Apache-2.0
// What names a connection between a forwarder and a host of the blob profile: the two ports of the
// packets that are forwarded for it (docs/protocol/blob.md, BL-10, BL-11).
#pragma once

#include <compare>
#include <cstdint>

namespace shunt::wire {

class FlowId {
  public:
    constexpr FlowId() = default;
    explicit constexpr FlowId(std::uint32_t value) : value_(value) {}
    static constexpr FlowId from_ports(std::uint16_t source, std::uint16_t destination) {
        return FlowId(std::uint32_t{source} << 16 | destination);
    }

    constexpr std::uint32_t value() const { return value_; }
    constexpr std::uint16_t source_port() const { return static_cast<std::uint16_t>(value_ >> 16); }
    constexpr std::uint16_t destination_port() const { return static_cast<std::uint16_t>(value_); }
    /// False if a half is zero, which no port is: no flow has such an identifier.
    constexpr bool is_possible() const { return source_port() != 0 && destination_port() != 0; }

    // NOLINTNEXTLINE(modernize-use-nullptr)
    auto operator<=>(const FlowId&) const = default;

  private:
    std::uint32_t value_ = 0;
};

}  // namespace shunt::wire
