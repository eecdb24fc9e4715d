// SPDX-License-Identifier: Apache-2.0
// One server's turn: a state to change, and the steps that come of it.
#pragma once

#include <vector>

#include "model/ownership/ownership.hh"

namespace model::ownership {

/// Collects the steps that are possible in one state.
class Turn {
  public:
    Turn(const World& its_world, const State& state, std::vector<Step>& steps)
        : world(its_world), before(state), steps_(steps) {}

    /// The steps that follow are about the arrival of `message`.
    void hear(const Message& message) {
        message_ = message;
        is_arrival_ = true;
    }
    void add(const State& next, Server server, const char* text, const char* broken = nullptr) {
        steps_.push_back({next, server, text, message_, is_arrival_, broken});
    }

    const World& world;
    const State& before;

  private:
    std::vector<Step>& steps_;
    Message message_;
    bool is_arrival_ = false;
};

// What happens when a message arrives.
void hear_at_home(Turn& turn, const Message& message);
void hear_at_target(Turn& turn, const Message& message);
// What each does by itself: its clients, its timers, its operator.
void act_at_home(Turn& turn);
void act_at_target(Turn& turn, std::uint8_t target);
// Crashes, restarts, and a channel that is lost and comes back.
void suffer(Turn& turn);

/// Of which connection on the tuple the attempt is.
inline std::uint8_t connection_of(const World& world, std::uint8_t id) {
    return id > world.first_attempts ? 1 : 0;
}

inline bool is_set(std::uint8_t bits, std::uint8_t bit) {
    return (unsigned{bits} >> bit & 1U) != 0;
}
inline void set(std::uint8_t& bits, std::uint8_t bit, bool is_on = true) {
    const auto mask = static_cast<std::uint8_t>(1U << bit);
    bits = static_cast<std::uint8_t>(is_on ? bits | mask : bits & ~mask);
}

inline bool holds_endpoint(const Target& target) {
    return target.state != TargetState::None && target.state != TargetState::FormerOwner;
}
inline bool is_owner(const Target& target) {
    return target.state == TargetState::Acting || target.state == TargetState::Returning ||
           target.state == TargetState::Suspended;
}

/// What a server does next with its connection makes every other copy of its state an old one.
void age(const World& world, State& state, std::uint8_t connection, Server except);

/// The claim that a server breaks which goes on from an old state: what was done since then would
/// be done twice.
inline const char* resumed(std::uint8_t is_fresh) {
    return is_fresh != 0 ? nullptr : "EP-12: a server goes on from an old state";
}

void forget(Home& home);
void forget(Target& target);

}  // namespace model::ownership
