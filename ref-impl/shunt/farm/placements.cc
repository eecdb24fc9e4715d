// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/placements.hh"

#include "shunt/farm/score.hh"

namespace shunt::farm {

bool is_less(const wire::ServerLoad& load, const wire::ServerLoad& other,
             const SelectionSettings& settings) {
    const std::uint32_t own = score(load, settings);
    const std::uint32_t others = score(other, settings);
    return own != others ? own < others : load.connections < other.connections;
}

wire::ServerLoad Placements::expected(const Server& server) const {
    wire::ServerLoad load = server.told;
    const auto found = sent_.find(server.id);
    // Once a server has told another load, that is counted in it.
    if (found != sent_.end() && found->second.told == server.told) {
        load.connections += found->second.connections;
    }
    return load;
}

void Placements::note(const Server& server) {
    Sent& sent = sent_[server.id];
    if (sent.told != server.told) sent = {server.told, 0};
    ++sent.connections;
}

std::optional<Placements::Server> Placements::best(std::span<const Server> servers,
                                                   const SelectionSettings& settings) const {
    std::optional<Server> found;
    for (const Server& server : servers) {
        const bool is_better =
            !found || is_less(expected(server), expected(*found), settings) ||
            (!is_less(expected(*found), expected(server), settings) && server.id < found->id);
        if (is_better) found = server;
    }
    return found;
}

}  // namespace shunt::farm
