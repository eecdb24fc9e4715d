// SPDX-License-Identifier: Apache-2.0
// A farm of reference nodes with clients on two segments, watched by every checker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shunt/farm/farm_config.hh"
#include "shunt/sim/checkers/client_view.hh"
#include "shunt/sim/checkers/farm_observer.hh"
#include "shunt/sim/checkers/farm_receivers.hh"
#include "shunt/sim/checkers/forward_checker.hh"
#include "shunt/sim/checkers/node_checker.hh"
#include "shunt/sim/checkers/owner_checker.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/client/sim_client.hh"
#include "shunt/sim/node_host.hh"
#include "shunt/sim/offload_host.hh"
#include "shunt/sim/scenarios/scenario.hh"
#include "shunt/sim/trouble.hh"
#include "shunt/sim/world.hh"

namespace shunt::sim {

/// A host of the caller's on the front link, beside the clients that have a plan.
struct Guest {
    std::string name;
    wire::MacAddress mac;
    /// Outlives the world's last event.
    Host* host = nullptr;
};

/// Puts something between the world and its servers.
class ServerSeats {
  public:
    ServerSeats() = default;
    ServerSeats(const ServerSeats&) = delete;
    ServerSeats& operator=(const ServerSeats&) = delete;
    virtual ~ServerSeats() = default;

    /// What the world takes for the how-manyth server, which has just (re)started; outlives the
    /// world's last event.
    virtual Host& seat(std::size_t server, NodeHost& node) = 0;
};

struct FarmWorldConfig {
    std::uint64_t seed = 1;
    farm::FarmConfig farm;
    FaultPlan front;
    FaultPlan back;
    /// Of the clients, which all ask the first server's first service. They start so long after
    /// FarmWorld::begin().
    std::vector<ConnectionPlan> plans;
    bool do_clients_ask_for_ecn = false;
    /// Silence after which a client asks whether the other side is there; it never gives up by
    /// that. Nothing: it does not ask.
    std::optional<Duration> client_keep_alive;
    std::vector<Guest> guests;
    /// The servers' front links have cards that cut and join trains of segments.
    bool has_offload = false;
    /// Null: servers are hosts of the world themselves.
    ServerSeats* seats = nullptr;
    /// Troubles last so long that servers take each other for dead (EP-33): clients may be reset,
    /// and nobody acts for one who was.
    bool do_servers_lose_each_other = false;
    /// Sees every frame beside the checkers; null: nobody does.
    Observer* observer = nullptr;
};

class FarmWorld {
  public:
    /// Until the control channels of a farm with extensions are open, on links without a fault.
    static constexpr Duration kOpening = Duration::seconds(1);

    explicit FarmWorld(FarmWorldConfig config);

    /// Until every client has what it wants, or until `limit`; then a while longer, so that what
    /// is still on its way does its worst.
    void run(Instant limit);
    /// What befalls links and servers; to be added to, and sorted, before time passes.
    TroublePlan& troubles() { return troubles_; }
    /// A base home cannot learn that its release never reached an unreleased copy, which a base
    /// target drops silently after 2 s (EP-15, EP-23): such connections end at their clients. To be
    /// called when everything else is finished.
    void excuse_limbo();
    /// The server is gone with all that it knew; the checkers hear of it.
    void crash(HostId host);
    /// The two do not hear each other, for so long that they may take each other for dead (EP-33);
    /// the checkers hear of it.
    void part(HostId from, HostId to);
    void join(HostId from, HostId to) { owners_.hosts_joined(from, to); }
    /// From now on no link has a defect.
    void heal();
    /// When clients may come: with the extensions the control channels are open by then, for no
    /// fault begins before (EP-33).
    Instant begin() const { return begin_; }
    /// Every direction between two hosts, servers first.
    std::vector<LaneName> lanes() const;
    /// Once all clients are finished: when the last TIME-WAIT is over no server has an endpoint
    /// left (SEC-5).
    void demand_base_line();
    /// Until `is_enough`, which is asked before every event, until `limit`, or until nothing is
    /// left to happen. True: it was enough. The tables are looked at meanwhile.
    bool run_until(Instant limit, const std::function<bool()>& is_enough);
    /// What every server has counted, those too that have crashed.
    std::uint64_t counted(Counter counter) const;
    /// Whose connections move as blobs have sent so many at least, and nothing of what else moves
    /// an endpoint. So many have come home at least.
    void demand_blobs(std::uint64_t sent, std::uint64_t returned);
    ScenarioResult result() const;

    ViolationLog& log() { return log_; }
    OwnerChecker& owners() { return owners_; }
    /// Hears of every frame from now on, behind the world's own; outlives its last event.
    void add(FarmChecker& checker) { observer_.add(checker); }
    const SimClient& client() const { return client_; }
    /// Clients that wait for what nobody will send any more end; a violation for each of the others
    /// that is not finished.
    void end_clients();
    std::uint64_t crashes() const { return retired_.size(); }
    bool has_troubles() const { return !troubles_.all().empty(); }
    World& world() { return world_; }
    const World& world() const { return world_; }
    const FarmRoles& roles() const { return roles_; }
    const FarmWorldConfig& config() const { return config_; }
    /// Of the how-manyth server of the configuration.
    NodeHost& node(std::size_t index) { return *nodes_.at(index); }
    std::size_t servers() const { return nodes_.size(); }
    const NodeHost& node(std::size_t index) const { return *nodes_.at(index); }
    /// What world() knows that guest by.
    HostId guest_id(std::size_t index) const { return guest_ids_.at(index); }

  private:
    /// How often all tables are looked at, beside what each event touches, and how long the end is
    /// waited for.
    static constexpr Duration kTablePeriod = Duration::seconds(1);
    static constexpr Duration kSettling = Duration::seconds(5);

    static ClientConfig client_config(const FarmWorldConfig& world);
    static std::vector<ConnectionPlan> shifted_plans(const FarmWorldConfig& world);
    void add_servers();
    std::unique_ptr<NodeHost> make_node(const farm::Server& server, std::uint64_t seed,
                                        Instant now) const;
    Host& on_its_links(std::size_t index);
    void check_all_tables();
    void befall();
    void tell_of_crash(HostId host);
    void tell_of_parting(const Trouble& trouble);
    void orphan(const wire::ConnectionTuple& tuple);
    void open_channels();
    Host& restart(HostId id);

    FarmWorldConfig config_;
    Rng rng_;
    ViolationLog log_;
    World world_;
    FarmRoles roles_;
    OwnerChecker owners_;
    ClientView client_view_;
    ForwardChecker forwarding_;
    FarmReceivers receivers_;
    PacketPool card_pool_;
    std::vector<std::unique_ptr<NodeHost>> nodes_;
    std::vector<std::unique_ptr<NodeHost>> retired_;   // crashed: frames of theirs are on their way
    std::vector<std::unique_ptr<OffloadHost>> cards_;  // of all of them, if they have such
    NodeChecker node_checker_;
    FarmObserver observer_;
    SimClient client_;
    HostId client_id_{};
    std::vector<HostId> guest_ids_;
    TroublePlan troubles_;
    Instant begin_;
};

}  // namespace shunt::sim
