// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/farm_config.hh"

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::farm {

namespace {

bool contains(const std::vector<wire::Ipv4Address>& addresses, wire::Ipv4Address address) {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

// A farm has few servers (kServersMax in validation.hh): a scan is as good as an index.
template <typename Claim>
const Server* first_server(const std::vector<Server>& servers, Claim claim) {
    const auto found = std::find_if(servers.begin(), servers.end(), claim);
    return found == servers.end() ? nullptr : &*found;
}

}  // namespace

bool Server::has_service(wire::Ipv4Address address) const {
    return contains(services, address);
}

bool Server::has_forward_ip(wire::Ipv4Address address) const {
    return contains(forward_ips, address);
}

std::optional<wire::Ipv4Address> Server::service_of_forward_ip(wire::Ipv4Address address) const {
    for (std::size_t i = 0; i < services.size() && i < forward_ips.size(); ++i) {
        if (forward_ips[i] == address) return services[i];
    }
    return std::nullopt;
}

wire::Ipv4Address Server::forward_ip_for(wire::Ipv4Address service) const {
    SHUNT_ASSERT(!forward_ips.empty(), "a validated server has a forward IP (SYS-2)");
    for (std::size_t i = 0; i < services.size() && i < forward_ips.size(); ++i) {
        if (services[i] == service) return forward_ips[i];
    }
    return forward_ips.front();
}

const Server* FarmConfig::server_by_id(ServerId id) const {
    return first_server(servers, [&](const Server& server) { return server.id == id; });
}

const Server* FarmConfig::server_by_name(std::string_view name) const {
    return first_server(servers, [&](const Server& server) { return server.name == name; });
}

const Server* FarmConfig::server_by_back_mac(const wire::MacAddress& mac) const {
    return first_server(servers, [&](const Server& server) { return server.back_mac == mac; });
}

const Server* FarmConfig::server_by_forward_ip(wire::Ipv4Address address) const {
    return first_server(servers,
                        [&](const Server& server) { return server.has_forward_ip(address); });
}

const Server* FarmConfig::server_by_control_ip(wire::Ipv4Address address) const {
    return first_server(servers,
                        [&](const Server& server) { return server.control_ip.address == address; });
}

const Server* FarmConfig::home_of_service(wire::Ipv4Address address) const {
    return first_server(servers, [&](const Server& server) { return server.has_service(address); });
}

const Listen* FarmConfig::listen_of(const Server& server, std::uint16_t port,
                                    wire::TransportProtocol protocol) const {
    const auto found = std::find_if(listens.begin(), listens.end(), [&](const Listen& listen) {
        return listen.is_open && listen.port == port && listen.protocol == protocol &&
               listen.server == server.name;
    });
    return found == listens.end() ? nullptr : &*found;
}

Profile FarmConfig::profile_of(std::uint16_t port) const {
    const auto found = std::ranges::find_if(listens, [port](const Listen& listen) {
        return listen.port == port && listen.protocol == wire::TransportProtocol::Tcp;
    });
    return found == listens.end() ? Profile::Endpoint : found->profile;
}

bool FarmConfig::has_profile(Profile profile) const {
    return std::ranges::any_of(listens,
                               [profile](const Listen& each) { return each.profile == profile; });
}

bool FarmConfig::is_farm_address(wire::Ipv4Address address) const {
    return first_server(servers, [&](const Server& server) {
               return server.front_ip.address == address || server.control_ip.address == address ||
                      server.has_service(address) || server.has_forward_ip(address);
           }) != nullptr;
}

}  // namespace shunt::farm
