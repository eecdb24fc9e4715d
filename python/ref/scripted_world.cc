// SPDX-License-Identifier: Apache-2.0
#include "scripted_world.hh"

#include <algorithm>
#include <utility>

namespace shunt::python {
namespace {

sim::FarmWorldConfig with_guest(sim::FarmWorldConfig config, ScriptedClient& client) {
    config.guests.push_back({"script", ScriptedClient::mac(), &client});
    return config;
}

}  // namespace

ScriptedWorld::ScriptedWorld(sim::FarmWorldConfig config)
    : client_(config.seed), farm_(with_guest(std::move(config), client_)) {}

bool ScriptedWorld::run_for(Duration span, const std::function<bool()>& is_enough) {
    const Instant limit = std::min(now() + span, kEnd);
    if (farm_.run_until(limit, is_enough)) return true;
    farm_.world().run_until(limit);
    return false;
}

std::uint64_t ScriptedWorld::lost_frames() const {
    const sim::World& world = farm_.world();
    return world.counts(farm_.roles().front).faults.lost +
           world.counts(farm_.roles().back).faults.lost;
}

void ScriptedWorld::call(const std::function<void(ScriptedClient&, Instant)>& verb) {
    verb(client_, now());
    farm_.world().wake(farm_.guest_id(0));
}

void ScriptedWorld::call_node(std::size_t index,
                              const std::function<void(node::Node&, Instant)>& verb) {
    verb(node(index), now());
    farm_.world().wake(farm_.roles().servers.at(index).host);
}

}  // namespace shunt::python
