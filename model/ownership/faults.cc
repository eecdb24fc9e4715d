// SPDX-License-Identifier: Apache-2.0
// What befalls the servers: crashes, after which they know nothing and are silent until their peers
// have seen their new boot number, and channels that are lost and come back (EP-33, CTL-7).
#include "model/ownership/turn.hh"

namespace model::ownership {
namespace {

constexpr std::uint8_t kHomeCrash = 0x10;
constexpr std::uint8_t kTargetCrash = 0x01;

/// The home's record goes; its client is reset at the next packet, and what an owner may still say
/// is said to nobody.
void abandon(const World& world, State& state) {
    const std::uint8_t connection = state.connection;
    forget(state.home);
    state.may_be_over = 1;
    set(state.orphaned, connection);
    age(world, state, connection, Server::None);
}

void crash_target(Turn& turn, std::uint8_t at) {
    const bool is_spent = (turn.before.crashes & 0x0FU) >= turn.world.target_crashes;
    if (is_spent || turn.before.targets[at].state == TargetState::None) return;
    State next = turn.before;
    next.crashes = static_cast<std::uint8_t>(next.crashes + kTargetCrash);
    next.may_be_over = 1;
    forget(next.targets[at]);
    next.targets[at].is_cut_off = 0;
    next.targets[at].is_muted = 1;
    turn.add(next, server_of(at), "crashes and restarts, all is lost");
}

void crash_home(Turn& turn) {
    if (turn.before.crashes >> 4U >= turn.world.home_crashes) return;
    State next = turn.before;
    next.crashes = static_cast<std::uint8_t>(next.crashes + kHomeCrash);
    next.may_be_over = 1;
    set(next.orphaned, 0);
    if (next.connection == 1) set(next.orphaned, 1);
    forget(next.home);
    for (std::uint8_t at = 0; at < turn.world.targets; ++at)
        next.targets[at].is_home_muted = 1;
    turn.add(next, Server::Home, "crashes and restarts, all is lost");
}

void learn_of_restarts(Turn& turn, std::uint8_t at) {
    const Target& target = turn.before.targets[at];
    State next = turn.before;
    if (target.is_muted != 0) {
        next.targets[at].is_muted = 0;
        if (next.home.state == HomeState::Forward && next.home.peer == at)
            abandon(turn.world, next);
        turn.add(next, Server::Home,
                 at == 0 ? "learns that A has restarted (EP-33)"
                         : "learns that B has restarted (EP-33)");
    }
    if (target.is_home_muted != 0) {
        next = turn.before;
        next.targets[at].is_home_muted = 0;
        forget(next.targets[at]);
        turn.add(next, server_of(at), "learns that the home has restarted (CTL-7)");
    }
}

/// What would make the target act.
void forget_permissions(const World& world, State& state, std::uint8_t at) {
    for (std::uint8_t id = 1; id <= world.attempts(); ++id) {
        state.network.remove({Kind::RefusedReturn, at, id, 0});
        for (std::uint8_t copy = 0; copy < kCopies; ++copy)
            state.network.remove({Kind::Go, at, id, copy});
    }
}

void lose_channel(Turn& turn, std::uint8_t at) {
    const Target& target = turn.before.targets[at];
    const Server server = server_of(at);
    State next = turn.before;
    const bool is_acting = target.state == TargetState::Acting;
    const bool is_touched = is_acting || target.state == TargetState::Unreleased ||
                            target.state == TargetState::Returning;
    const bool can_lose = is_touched && !turn.world.is_calm;
    if (can_lose && target.is_cut_off == 0) {
        next.targets[at].is_cut_off = 1;
        if (is_acting && turn.world.keeps(Rule::StopBeforeDead))
            next.targets[at].state = TargetState::Suspended;
        turn.add(next, server, "is cut off from the home");
    }
    if (target.is_cut_off == 0) return;
    const Home& home = turn.before.home;
    if (home.state == HomeState::Forward && home.peer == at && !turn.world.is_calm) {
        next = turn.before;
        set(next.orphaned, next.connection);
        forget(next.home);
        next.may_be_over = 1;
        next.targets[at].is_taken_for_dead = 1;
        turn.add(next, Server::Home, "takes the owner for dead, will reset the client");
    }
    next = turn.before;
    next.targets[at].is_cut_off = 0;
    if (turn.world.keeps(Rule::GoIsYoung)) forget_permissions(turn.world, next, at);
    const bool is_suspended = target.state == TargetState::Suspended;
    const bool goes_on = is_suspended && !turn.world.keeps(Rule::ResumeByGo);
    if (goes_on) next.targets[at].state = TargetState::Acting;
    turn.add(next, server, goes_on ? "has its channel back and goes on" : "has its channel back",
             goes_on ? resumed(target.is_fresh) : nullptr);
}

}  // namespace

void suffer(Turn& turn) {
    const bool is_calm = turn.world.is_calm;
    if (turn.world.home_crashes > 0 && !is_calm) crash_home(turn);
    for (std::uint8_t at = 0; at < turn.world.targets; ++at) {
        if (turn.world.target_crashes > 0 && !is_calm) crash_target(turn, at);
        learn_of_restarts(turn, at);
        if (turn.world.has(Feature::CuttingOff)) lose_channel(turn, at);
    }
}

}  // namespace model::ownership
