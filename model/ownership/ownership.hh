// SPDX-License-Identifier: Apache-2.0
// The ownership rules of endpoint moves (docs/protocol/endpoint.md, "One owner", extensions on) as
// a system to explore: which steps each state allows, and what must hold in all of them.
#pragma once

#include <vector>

#include "model/ownership/state.hh"
#include "model/ownership/world.hh"

namespace model::ownership {

enum class Server : std::uint8_t { TargetA, TargetB, Home, None };

constexpr Server server_of(std::uint8_t target) {
    return static_cast<Server>(target);
}

struct Step {
    State next;
    Server server = Server::None;
    /// What the server does; of an arrival, what it makes of `message`.
    const char* text = "";
    Message message;
    bool is_arrival = false;
    /// The claim that the step itself breaks; nullptr: none.
    const char* broken = nullptr;
};

class Ownership {
  public:
    using State = ownership::State;
    using Step = ownership::Step;

    explicit Ownership(const World& world) : world_(world) {}

    State start() const;
    std::vector<Step> steps(const State& state) const;
    /// EP-12, EP-47, EP-48. nullptr if all hold.
    const char* broken_claim(const State& state) const;
    /// One server serves the connection and nobody waits; or, if it may be over, it is.
    bool is_settled(const State& state) const;

  private:
    World world_;
};

}  // namespace model::ownership
