// SPDX-License-Identifier: Apache-2.0
// What names a connection in every table of a farm: client IP and port, service IP and port, and
// the protocol (EP-28, docs/protocol/system.md).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shunt/base/siphash.hh"
#include "shunt/wire/ip_protocol.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::wire {

struct ConnectionTuple {
    static constexpr std::size_t kKeySize = 13;

    Ipv4Address client{};
    std::uint16_t client_port = 0;
    Ipv4Address service{};
    std::uint16_t service_port = 0;
    TransportProtocol protocol = TransportProtocol::Tcp;

    /// Of a packet from a client to a service; nothing if it is neither TCP nor UDP, is a later
    /// fragment, or ends before its ports do.
    static std::optional<ConnectionTuple> from_client_packet(const Ipv4View& packet);

    /// "10.7.0.9:4711>10.7.1.1:80/tcp"; nothing else is taken.
    static std::optional<ConnectionTuple> from_string(std::string_view text);
    std::string to_string() const;

    /// Equal tuples give equal bytes, different ones different bytes.
    std::array<std::uint8_t, kKeySize> to_key_bytes() const;
    /// SipHash-2-4 of the key bytes; keyed, because a client chooses what is hashed (SEC-6).
    std::uint64_t hash(SipKey key) const;

    // NOLINTNEXTLINE(modernize-use-nullptr)
    auto operator<=>(const ConnectionTuple&) const = default;
};

}  // namespace shunt::wire
