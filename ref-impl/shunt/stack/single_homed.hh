// SPDX-License-Identifier: Apache-2.0
// The edge of a link for a host with one address and no router: a client of a farm.
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/stack/interface.hh"

namespace shunt::stack {

/// `prefix_length` says which addresses are on the link; others are not reached.
inline Interface::Config single_homed(wire::MacAddress mac, wire::Ipv4Address address,
                                      std::uint8_t prefix_length) {
    Interface::Config config;
    config.mac = mac;
    config.own.push_back(address);
    config.arp_sender = address;
    config.routes.push_back({address, prefix_length, std::nullopt});
    return config;
}

}  // namespace shunt::stack
