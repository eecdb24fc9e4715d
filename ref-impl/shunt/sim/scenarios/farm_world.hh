// SPDX-License-Identifier: Apache-2.0
// A farm of reference nodes with clients on two segments, watched by every checker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
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

/// A host of the caller's on the front link, beside the clients that have a plan.
struct Guest {
    std::string name;
    wire::MacAddress mac;
    /// Outlives the world's last event.
    Host* host = nullptr;
};

struct FarmWorldConfig {
    std::uint64_t seed = 1;
    farm::FarmConfig farm;
    FaultPlan front;
    FaultPlan back;
    /// Of the clients, which all ask the first server's first service.
    std::vector<ConnectionPlan> plans;
    std::vector<Guest> guests;
    /// Sees every frame beside the checkers; null: nobody does.
    Observer* observer = nullptr;
};

class FarmWorld {
  public:
    explicit FarmWorld(FarmWorldConfig config);

    /// Until every client has what it wants, or until `limit`; then a while longer, so that what
    /// is still on its way does its worst.
    void run(Instant limit);
    /// Until `is_enough`, which is asked before every event, until `limit`, or until nothing is
    /// left to happen. True: it was enough. The tables are looked at meanwhile.
    bool run_until(Instant limit, const std::function<bool()>& is_enough);
    ScenarioResult result() const;

    ViolationLog& log() { return log_; }
    OwnerChecker& owners() { return owners_; }
    const SimClient& client() const { return client_; }
    World& world() { return world_; }
    const World& world() const { return world_; }
    const FarmRoles& roles() const { return roles_; }
    /// Of the how-manyth server of the configuration.
    NodeHost& node(std::size_t index) { return *nodes_.at(index); }
    /// What world() knows that guest by.
    HostId guest_id(std::size_t index) const { return guest_ids_.at(index); }

  private:
    /// How often the tables are looked at, and how long the end is waited for.
    static constexpr Duration kTablePeriod = Duration::milliseconds(20);
    static constexpr Duration kSettling = Duration::seconds(5);

    static ClientConfig client_config(const farm::FarmConfig& farm);
    void add_servers();
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
    std::vector<HostId> guest_ids_;
};

}  // namespace shunt::sim
