// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/route_table.hh"

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/ip/ipv4_address_checks.hh"

namespace shunt::stack {

RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {
    for (const Route& route : routes_) {
        SHUNT_ASSERT(route.prefix_length <= 32, "an IPv4 prefix has 32 bits at most");
    }
    std::stable_sort(routes_.begin(), routes_.end(), [](const Route& a, const Route& b) {
        return a.prefix_length > b.prefix_length;
    });
}

std::optional<wire::Ipv4Address> RouteTable::next_hop(wire::Ipv4Address destination) const {
    for (const Route& route : routes_) {
        if (!ip::is_in_prefix(destination, route.prefix, route.prefix_length)) continue;
        return route.next_hop ? route.next_hop : destination;
    }
    return std::nullopt;
}

bool RouteTable::is_on_link(wire::Ipv4Address address) const {
    return std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) {
        return !route.next_hop && ip::is_in_prefix(address, route.prefix, route.prefix_length);
    });
}

bool RouteTable::is_broadcast(wire::Ipv4Address address) const {
    return std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) {
        return !route.next_hop &&
               ip::is_directed_broadcast(address, route.prefix, route.prefix_length);
    });
}

}  // namespace shunt::stack
