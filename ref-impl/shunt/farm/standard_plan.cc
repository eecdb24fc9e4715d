// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/standard_plan.hh"

#include <fmt/format.h>

#include "shunt/base/assert.hh"

namespace shunt::farm {

namespace {

Server standard_server(std::uint8_t number) {
    constexpr std::uint8_t kPrefixLength = 16;
    Server server;
    server.id = number;
    server.name = fmt::format("s{}", number);
    server.front_ip = {wire::Ipv4Address(10, 7, 0, static_cast<std::uint8_t>(100 + number)),
                       kPrefixLength};
    server.front_mac = wire::MacAddress({0x02, 0x07, 0, 0, 0, number});
    server.services = {wire::Ipv4Address(10, 7, 1, number)};
    server.forward_ips = {wire::Ipv4Address(10, 8, 1, number)};
    server.control_ip = {wire::Ipv4Address(10, 8, 0, number), kPrefixLength};
    server.back_mac = wire::MacAddress({0x02, 0x08, 0, 0, 0, number});
    return server;
}

}  // namespace

FarmConfig standard_plan(std::size_t servers) {
    SHUNT_ASSERT(servers >= 1 && servers <= kStandardPlanServersMax,
                 "the plan's addresses have room for that many servers");
    FarmConfig config;
    for (std::size_t i = 1; i <= servers; ++i) {
        config.servers.push_back(standard_server(static_cast<std::uint8_t>(i)));
        Listen listen;
        listen.server = config.servers.back().name;
        listen.port = 80;
        listen.application = "http";
        listen.selection = SelectionMoment::Request;
        config.listens.push_back(listen);
    }
    return config;
}

wire::Ipv4Address standard_client_address() {
    return {10, 7, 0, 9};
}

}  // namespace shunt::farm
