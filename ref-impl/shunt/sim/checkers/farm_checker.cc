// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/farm_checker.hh"

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::sim {

const ServerRole* FarmRoles::server(HostId host) const {
    const auto found = std::ranges::find(servers, host, &ServerRole::host);
    return found == servers.end() ? nullptr : &*found;
}

std::string_view FarmRoles::name(HostId host) const {
    const ServerRole* found = server(host);
    SHUNT_ASSERT(found != nullptr, "only servers are named by their role");
    return found->name;
}

const ServerRole* FarmRoles::server_by_back_mac(wire::MacAddress mac) const {
    const auto found = std::ranges::find(servers, mac, &ServerRole::back_mac);
    return found == servers.end() ? nullptr : &*found;
}

const ServerRole* FarmRoles::home_of(wire::Ipv4Address service) const {
    const auto found = std::ranges::find_if(servers, [service](const ServerRole& server) {
        return std::ranges::find(server.services, service) != server.services.end();
    });
    return found == servers.end() ? nullptr : &*found;
}

std::optional<wire::Ipv4Address> FarmRoles::service_of(wire::Ipv4Address forward_ip) const {
    for (const ServerRole& server : servers) {
        for (std::size_t i = 0; i < std::min(server.services.size(), server.forward_ips.size());
             ++i) {
            if (server.forward_ips[i] == forward_ip) return server.services[i];
        }
    }
    return std::nullopt;
}

}  // namespace shunt::sim
