// SPDX-License-Identifier: Apache-2.0
// An operator who moves connections while they are used: away from home, and back from wherever
// they are (EP-40, EP-45).
#pragma once

#include <cstdint>

#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::sim {

class Mover {
  public:
    Mover(FarmWorld& world, std::uint64_t seed) : world_(world), rng_(seed) {}

    /// Moves the connection of that client once: from its home to a server drawn, or back. False:
    /// nobody can move it now.
    bool move(std::size_t client);
    /// One move of a client drawn out of `clients` at each of the times drawn from now on, `pause`
    /// apart on average, until `limit` or until every client is finished.
    void move_many(std::size_t clients, Duration pause, Instant limit);

    /// Moves that began.
    std::uint64_t begun() const { return begun_; }

  private:
    FarmWorld& world_;
    Rng rng_;
    std::uint64_t begun_ = 0;
};

}  // namespace shunt::sim
