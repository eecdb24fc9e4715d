// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/datagram_echo.hh"

namespace shunt::sim {
namespace {

constexpr std::uint16_t kPort = 5'353;

}  // namespace

void add_datagram_echo(farm::FarmConfig& farm) {
    for (const farm::Server& server : farm.servers) {
        farm::Listen listen;
        listen.server = server.name;
        listen.port = kPort;
        listen.protocol = wire::TransportProtocol::Udp;
        listen.application = farm::kEchoApplication;
        farm.listens.push_back(listen);
    }
}

DatagramPlan datagram_plan(const farm::FarmConfig& farm) {
    DatagramPlan plan;
    plan.address = wire::Ipv4Address(10, 7, 0, 10);
    plan.mac = wire::MacAddress({0x02, 0x07, 0x00, 0x00, 0x01, 0x0A});
    plan.service = farm.servers.front().services.front();
    plan.service_port = kPort;
    return plan;
}

}  // namespace shunt::sim
