// SPDX-License-Identifier: Apache-2.0
// A farm of reference nodes with clients on two segments, watched by every checker.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "shunt/farm/farm_config.hh"
#include "shunt/sim/checkers/client_view.hh"
#include "shunt/sim/checkers/farm_observer.hh"
#include "shunt/sim/checkers/forward_checker.hh"
#include "shunt/sim/checkers/owner_checker.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/client/sim_client.hh"
#include "shunt/sim/node_host.hh"
#include "shunt/sim/scenarios/scenario.hh"
#include "shunt/sim/world.hh"

namespace shunt::sim {

struct FarmWorldConfig {
    std::uint64_t seed = 1;
    farm::FarmConfig farm;
    FaultPlan front;
    FaultPlan back;
    /// Of the clients, which all ask the first server's first service.
    std::vector<ConnectionPlan> plans;
    /// Sees every frame beside the checkers; null: nobody does.
    Observer* observer = nullptr;
};

class FarmWorld {
  public:
    explicit FarmWorld(FarmWorldConfig config);

    /// Until every client has what it wants, or until `limit`; then a while longer, so that what
    /// is still on its way does its worst.
    void run(Instant limit);
    ScenarioResult result() const;

    ViolationLog& log() { return log_; }
    OwnerChecker& owners() { return owners_; }
    const SimClient& client() const { return client_; }
    World& world() { return world_; }

  private:
    /// How often the tables are looked at, and how long the end is waited for.
    static constexpr Duration kTablePeriod = Duration::milliseconds(20);
    static constexpr Duration kSettling = Duration::seconds(5);

    static ClientConfig client_config(const farm::FarmConfig& farm);
    void add_servers();
    void run_until(Instant limit, bool stops_when_finished);
    void check_all_tables();

    FarmWorldConfig config_;
    Rng rng_;
    ViolationLog log_;
    World world_;
    FarmRoles roles_;
    OwnerChecker owners_;
    ClientView client_view_;
    ForwardChecker forwarding_;
    FarmObserver observer_;
    std::vector<std::unique_ptr<NodeHost>> nodes_;
    SimClient client_;
};

}  // namespace shunt::sim
