// SPDX-License-Identifier: Apache-2.0
// Who could take a connection now, best first: what this server knows of the others' state, beside
// its own (SEL-3), unless it is draining (EP-43).
#include "shunt/base/mutant.hh"
#include "shunt/farm/score.hh"
#include "shunt/node/listeners.hh"
#include "shunt/node/node.hh"

namespace shunt::node {

std::vector<farm::Candidate> Node::candidates_for(std::uint16_t port,
                                                  wire::TransportProtocol protocol,
                                                  Instant now) const {
    auto listening = servers_listening_on(port, protocol, config_, self_.id, channels_, now);
    // Where nobody else takes it, it is served here all the same (SEL-4).
    if (context_.is_draining) {
        std::erase_if(listening, [&](const farm::Candidate& one) { return one.id == self_.id; });
    }
    if (!channels_) return listening;
    std::vector<farm::ScoredServer> servers;
    for (const farm::Candidate& candidate : listening) {
        farm::ScoredServer server{candidate.id, std::nullopt};
        if (candidate.id == self_.id) {
            server.score = farm::score(own_load(), config_.selection);
        } else if (const auto* state = channels_->candidate_state(candidate.id, now);
                   state != nullptr &&
                   (state->listens_on(port) || is_mutant(Mutant::ChoosesDeafServers))) {
            server.score = farm::score(state->load, config_.selection);
        }
        // SEL-3: also one that the URL map names (SEL-2) has to be there.
        if (server.score) servers.push_back(server);
    }
    return farm::rank(std::move(servers), self_.id, config_.selection.hysteresis);
}

/// One of candidates_for() that port of TCP: no other is looked at.
bool Node::is_candidate(farm::ServerId server, std::uint16_t port, Instant now) const {
    const farm::Server* named = config_.server_by_id(server);
    if (named == nullptr || (server == self_.id && context_.is_draining)) return false;
    if (server == self_.id || !channels_) return config_.listen_of(*named, port) != nullptr;
    const auto* state = channels_->candidate_state(server, now);
    return state != nullptr && (state->listens_on(port) || is_mutant(Mutant::ChoosesDeafServers));
}

}  // namespace shunt::node
