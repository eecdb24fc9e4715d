// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/mover.hh"

#include <algorithm>
#include <string>

namespace shunt::sim {

bool Mover::move(std::size_t client) {
    const std::size_t drawn = static_cast<std::size_t>(rng_.below(world_.servers() - 1));
    const wire::ConnectionTuple tuple = world_.client().tuple_of(client);
    for (std::size_t i = 0; i < world_.servers(); ++i) {
        NodeHost& host = world_.node(i);
        if (host.is_down() || host.owned_connection(tuple) == nullptr) continue;
        // The first server is everybody's home (FarmWorldConfig::plans).
        const std::size_t to = i == 0 ? 1 + drawn : 0;
        const std::string name = world_.node(to).node().self().name;
        const HostId id = world_.roles().servers[i].host;
        const auto started = host.node().migrate(tuple, name, world_.world().host_now(id));
        if (!started) return false;
        ++begun_;
        world_.world().wake(id);
        return true;
    }
    return false;
}

void Mover::move_many(std::size_t clients, Duration pause, Instant limit) {
    const auto span = static_cast<std::uint64_t>(pause.to_microseconds()) * 2;
    while (world_.world().now() < limit && !world_.client().is_finished_but_for_excused()) {
        const auto later_us = static_cast<std::int64_t>(1 + rng_.below(span));
        const Instant next =
            std::min(limit, world_.world().now() + Duration::microseconds(later_us));
        world_.run_until(next, [] { return false; });
        world_.world().wait_until(next);
        const auto client = static_cast<std::size_t>(rng_.below(clients));
        move(client);
    }
}

}  // namespace shunt::sim
