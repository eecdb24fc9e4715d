// SPDX-License-Identifier: Apache-2.0
// Which IPv4 addresses a host can have (RFC 1122 3.2.1.3, RFC 1812 5.3.7): others as the source of
// a packet are martians and refused (IP-1, SEC-2).
#pragma once

#include <cstdint>

#include "shunt/wire/ipv4_address.hh"

namespace shunt::ip {

/// Bits of an address that a prefix of that many bits (0 to 32) fixes.
constexpr std::uint32_t prefix_mask(std::uint8_t length) {
    return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
}

/// True if `address` shares its first `length` bits with `prefix`, whose other bits do not matter.
constexpr bool is_in_prefix(wire::Ipv4Address address, wire::Ipv4Address prefix,
                            std::uint8_t length) {
    return ((address.value() ^ prefix.value()) & prefix_mask(length)) == 0;
}

/// The address that means every host of the prefix. Prefixes of 31 and 32 bits have none (RFC
/// 3021).
constexpr bool is_directed_broadcast(wire::Ipv4Address address, wire::Ipv4Address prefix,
                                     std::uint8_t length) {
    return length <= 30 && is_in_prefix(address, prefix, length) &&
           (address.value() | prefix_mask(length)) == ~std::uint32_t{0};
}

/// An address that one host can have: not 0/8 ("this network"), loopback, multicast, 240/4
/// (reserved, with the limited broadcast). Directed broadcasts need a prefix to be told.
constexpr bool is_host_address(wire::Ipv4Address address) {
    const std::uint32_t first_octet = address.value() >> 24;
    return first_octet != 0 && first_octet != 127 && first_octet < 224;
}

}  // namespace shunt::ip
