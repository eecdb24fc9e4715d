// SPDX-License-Identifier: Apache-2.0
/// The standard plan of a farm of two, as values: the device is s1, the judge plays s2.
#pragma once

#include "iut/iut.hh"

namespace conform::tests {

inline ServerAddresses standard_server(std::uint8_t number) {
    ServerAddresses server;
    server.name = "s" + std::to_string(number);
    server.id = number;
    server.front_ip = {0x0A070064U + number};
    server.front_mac = {{2, 7, 0, 0, 0, number}};
    server.service = {{0x0A070100U + number}};
    server.forward_ip = {{0x0A080100U + number}};
    server.control_ip = {0x0A080000U + number};
    server.back_mac = {{2, 8, 0, 0, 0, number}};
    return server;
}

inline Iut standard_iut(bool has_extensions = false) {
    Iut iut;
    iut.statement = {"scripted", {"endpoint"}, {"home", "target"}, {}};
    iut.framing.has_extensions = has_extensions;
    iut.front = iut.back.emplace();
    iut.device = standard_server(1);
    iut.peers = {standard_server(2), standard_server(3)};
    iut.clients = {{0x0A070009}};
    iut.client_mac = {{2, 7, 0, 0, 0, 9}};
    return iut;
}

}  // namespace conform::tests
