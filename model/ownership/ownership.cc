// SPDX-License-Identifier: Apache-2.0
#include "model/ownership/ownership.hh"

#include "model/ownership/turn.hh"

namespace model::ownership {

void age(const World& world, State& state, std::uint8_t connection, Server except) {
    for (std::uint8_t id = 1; id <= world.attempts(); ++id)
        if (connection_of(world, id) == connection) set(state.fresh_offers, id, false);
    if (except != Server::Home && state.connection == connection) state.home.is_fresh = 0;
    for (std::uint8_t at = 0; at < kTargets; ++at) {
        Target& target = state.targets[at];
        const bool is_of_it = target.id != 0 && connection_of(world, target.id) == connection;
        if (is_of_it && except != server_of(at)) target.is_fresh = 0;
    }
}

void forget(Home& home) {
    home = {};
}

void forget(Target& target) {
    target.state = TargetState::None;
    target.id = target.copy = target.pending_return = 0;
    target.is_fresh = target.is_taken_for_dead = 0;
}

State Ownership::start() const {
    State state;
    state.home.state = HomeState::Acting;
    state.home.is_fresh = 1;
    return state;
}

std::vector<Step> Ownership::steps(const State& state) const {
    std::vector<Step> steps;
    steps.reserve(32);
    state.network.for_each([&](const Message& message) {
        State before = state;
        if (world_.is_calm) before.network.remove(message);
        Turn turn(world_, before, steps);
        const std::size_t count = steps.size();
        is_for_home(message.kind) ? hear_at_home(turn, message) : hear_at_target(turn, message);
        // Not worth a step where the message may come again.
        if (world_.is_calm && steps.size() == count)
            turn.add(before, Server::None, "changes nothing");
    });
    Turn turn(world_, state, steps);
    act_at_home(turn);
    for (std::uint8_t at = 0; at < world_.targets; ++at)
        act_at_target(turn, at);
    suffer(turn);
    return steps;
}

bool Ownership::is_settled(const State& state) const {
    const Home& home = state.home;
    int acting = home.state == HomeState::Acting ? 1 : 0;
    bool is_anybody_waiting = home.state == HomeState::Migrating;
    bool is_known = home.state != HomeState::None;
    for (const Target& target : state.targets) {
        if (target.state == TargetState::Acting) ++acting;
        is_anybody_waiting |= holds_endpoint(target) && target.state != TargetState::Acting;
        is_known |= holds_endpoint(target);
    }
    const bool is_coherent =
        home.state != HomeState::Forward || state.targets[home.peer].state == TargetState::Acting;
    if (acting > 0 && !is_anybody_waiting && is_coherent) return true;
    return state.may_be_over != 0 && !is_known;
}

const char* Ownership::broken_claim(const State& state) const {
    const Home& home = state.home;
    for (std::uint8_t connection = 0; connection < 2; ++connection) {
        int acting = home.state == HomeState::Acting && state.connection == connection ? 1 : 0;
        for (const Target& target : state.targets)
            if (target.state == TargetState::Acting &&
                connection_of(world_, target.id) == connection)
                ++acting;
        if (acting > 1) return "EP-12: two servers act for one connection";
    }
    bool is_alive = home.state == HomeState::Acting ||
                    (home.state == HomeState::Migrating && home.is_fresh != 0);
    for (std::uint8_t at = 0; at < world_.targets; ++at) {
        const Target& target = state.targets[at];
        if (target.id == 0) continue;
        if (target.state == TargetState::Acting && target.is_taken_for_dead != 0)
            return "EP-33: a server acts that the home has taken for dead";
        const std::uint8_t connection = connection_of(world_, target.id);
        const bool is_recorded = home.state == HomeState::Forward && home.peer == at &&
                                 home.id == target.id && state.connection == connection;
        if (target.state == TargetState::Acting && !is_recorded &&
            !is_set(state.orphaned, connection)) {
            return "EP-47: a server acts that the home has no record of";
        }
        const bool will_act = target.state == TargetState::Unreleased && is_recorded;
        is_alive |= target.is_fresh != 0 && (is_owner(target) || will_act);
    }
    if (state.may_be_over == 0 && !is_alive) {
        return "EP-48: the connection is lost, and nobody has crashed, closed or given up";
    }
    return nullptr;
}

}  // namespace model::ownership
