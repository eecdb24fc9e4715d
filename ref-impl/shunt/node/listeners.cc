// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/listeners.hh"

#include <algorithm>

namespace shunt::node {

std::vector<farm::Candidate> servers_listening_on(
    std::uint16_t port, wire::TransportProtocol protocol, const farm::FarmConfig& config,
    farm::ServerId self, const std::optional<farm::ControlChannels>& channels, Instant now) {
    auto listening = farm::listening_servers(config, self, port, protocol);
    if (!channels || protocol == wire::TransportProtocol::Udp) return listening;
    for (const farm::Server& server : config.servers) {
        const bool is_known =
            std::ranges::find(listening, server.id, &farm::Candidate::id) != listening.end();
        // A listener of the configuration that takes no new connections says that it listens too.
        const bool is_configured = config.listen_of(server, port) != nullptr;
        if (server.id == self || is_known || is_configured) continue;
        const farm::ServerState* state = channels->candidate_state(server.id, now);
        if (state != nullptr && state->listens_on(port)) listening.push_back({server.id, true});
    }
    return listening;
}

}  // namespace shunt::node
