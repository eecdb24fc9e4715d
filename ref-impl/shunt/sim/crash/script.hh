// SPDX-License-Identifier: Apache-2.0
// A small world that goes through one state machine of a migration, the same way each time, for who
// crashes its servers step by step. Whatever the profile, a script is a farm, what its clients
// want, and what an operator calls for.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {

struct ScriptCall {
    /// From FarmWorld::begin() on.
    Duration at;
    std::size_t server = 0;
    /// Node::migrate of what is watched there; nobody: Node::start_drain.
    std::string_view to;
};

struct Script {
    std::string_view name;
    std::string_view sentence;
    FarmWorldConfig (*make)();
    /// In order of time.
    std::vector<ScriptCall> calls;
    /// Of the client's connections, the one whose steps are numbered.
    std::size_t watched = 0;
    /// A UDP flow speaks for so long from FarmWorld::begin() on, and when all is over a few words
    /// more. It is what is watched then, and there is no connection. Nothing: there is no flow.
    std::optional<Duration> flow{};

    /// Its connections move as blobs, by the control channels.
    bool has_blobs() const { return make().farm.has_profile(farm::Profile::Blob); }
};

/// All of them, by name.
std::span<const Script> scripts();
/// Null if there is none of that name.
const Script* find_script(std::string_view name);

}  // namespace shunt::sim
