// SPDX-License-Identifier: Apache-2.0
// The node's part of the object model: where an object is made, by server state (OBJ-1, SEL-3), and
// when its messages go.
#include <utility>
#include <vector>

#include "shunt/base/mutant.hh"
#include "shunt/farm/score.hh"
#include "shunt/farm/selection.hh"
#include "shunt/node/node.hh"

namespace shunt::node {

Result<farm::ObjectTicket, farm::ObjectTrouble> Node::create_object(farm::ObjectWish wish,
                                                                    Instant now) {
    if (wish.servers.empty()) wish.servers = object_servers(now);
    return objects_.create(std::move(wish), now);
}

/// Best first. Which classes a server has it says when it is asked.
std::vector<farm::ServerId> Node::object_servers(Instant now) const {
    std::vector<farm::ScoredServer> scored;
    scored.reserve(config_.servers.size());
    for (const farm::Server& server : config_.servers) {
        if (server.id == self_.id) {
            // EP-43: who drains takes nothing new.
            if (!context_.is_draining)
                scored.push_back({server.id, farm::score(own_load(), config_.selection)});
        } else if (const auto* state =
                       channels_ ? channels_->candidate_state(server.id, now) : nullptr) {
            scored.push_back({server.id, farm::score(state->load, config_.selection)});
        }
    }
    if (is_mutant(Mutant::MakesObjectsHereAlone)) return {self_.id};
    std::vector<farm::ServerId> servers;
    servers.reserve(scored.size());
    for (const farm::Candidate& one :
         farm::rank(std::move(scored), self_.id, config_.selection.hysteresis))
        servers.push_back(one.id);
    return servers;
}

void Node::serve_objects(Instant now) {
    objects_.pump(channels_ ? &*channels_ : nullptr, context_.is_draining, now);
}

}  // namespace shunt::node
