// SPDX-License-Identifier: Apache-2.0
// ARP for IPv4 over Ethernet (RFC 826).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::wire {

inline constexpr std::size_t kArpSize = 28;

/// A value that is not listed may be read from the wire.
enum class ArpOperation : std::uint16_t { Request = 1, Reply = 2 };

class ArpView {
  public:
    /// Checks: 28 bytes there, Ethernet and IPv4 with their address lengths.
    static Result<ArpView, Counter> parse(ByteView bytes);

    ArpOperation operation() const { return static_cast<ArpOperation>(load_u16(bytes_, 6)); }
    MacAddress sender_mac() const { return MacAddress::load(bytes_, 8); }
    Ipv4Address sender_ip() const { return Ipv4Address(load_u32(bytes_, 14)); }
    MacAddress target_mac() const { return MacAddress::load(bytes_, 18); }
    Ipv4Address target_ip() const { return Ipv4Address(load_u32(bytes_, 24)); }

  private:
    explicit ArpView(ByteView bytes) : bytes_(bytes) {}
    ByteView bytes_;
};

struct ArpMessage {
    ArpOperation operation = ArpOperation::Request;
    MacAddress sender_mac{};
    Ipv4Address sender_ip{};
    MacAddress target_mac{};
    Ipv4Address target_ip{};

    void prepend_to(Packet& packet) const;
};

}  // namespace shunt::wire
