// SPDX-License-Identifier: Apache-2.0
// Where a packet goes by its destination: the longest prefix (RFC 1812 5.2.4.3, SYS-4).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/wire/ipv4_address.hh"

namespace shunt::stack {

struct Route {
    /// Any address of the prefix; the bits behind `prefix_length` do not matter.
    wire::Ipv4Address prefix;
    std::uint8_t prefix_length = 0;
    /// The router; none: the prefix is on the link itself.
    std::optional<wire::Ipv4Address> next_hop;
};

class RouteTable {
  public:
    explicit RouteTable(std::vector<Route> routes);

    /// Who on the link takes packets to `destination`; nothing if no route leads there.
    std::optional<wire::Ipv4Address> next_hop(wire::Ipv4Address destination) const;
    /// True if the address belongs to a prefix on the link.
    bool is_on_link(wire::Ipv4Address address) const;
    /// True if the address means every host of a prefix on the link.
    bool is_broadcast(wire::Ipv4Address address) const;

  private:
    std::vector<Route> routes_;  // longest prefix first
};

}  // namespace shunt::stack
