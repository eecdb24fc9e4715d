// SPDX-License-Identifier: Apache-2.0
/// A UDP flow whose home the judge plays, with the device as its target; and one of the device's
/// that it is told to move.
#pragma once

#include <string_view>

#include "roles/stage.hh"

namespace conform::endpoint {

EncapsulationPattern about_flow(EncapsulationType type, const UdpClient& client);

struct MovedFlow {
    explicit MovedFlow(Stage& the_stage);

    MigrationId id() const { return {information.service, 0, information.flow.value_or(0)}; }
    void send_connection() { peer.send(EncapsulationType::Connection, encode(information)); }
    void forward(std::string_view text) {
        peer.send(EncapsulationType::Forwarded, client.packet(text));
    }
    void release();
    /// Learns its copy in an ext farm.
    Task<> expect_acknowledgement(const char* requirement);

    Stage& stage;
    UdpClient& client;
    Peer& peer;
    FlowInformation information;
    std::uint32_t copy = 0;
};

/// A datagram that the device answers itself, and an operator's order: the 0x01 that must come
/// then.
Task<ReceivedEncapsulation> provoke_flow_migration(Stage& stage, UdpClient& client, Peer& peer);

}  // namespace conform::endpoint
