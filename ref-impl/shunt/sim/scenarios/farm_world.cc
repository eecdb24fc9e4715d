// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/farm_world.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/base/deadline.hh"
#include "shunt/farm/standard_plan.hh"

namespace shunt::sim {
namespace {

const wire::MacAddress kClientMac({0x02, 0x07, 0x00, 0x00, 0x01, 0x09});

SegmentConfig segment(std::string name, const FaultPlan& faults) {
    SegmentConfig config;
    config.name = std::move(name);
    config.faults = faults;
    return config;
}

}  // namespace

FarmWorld::FarmWorld(FarmWorldConfig config)
    : config_(std::move(config)),
      rng_(config_.seed),
      log_(config_.seed),
      world_(rng_.next_u64()),
      owners_(roles_, log_),
      client_view_(roles_, log_),
      forwarding_(roles_, log_),
      receivers_(log_),
      node_checker_(roles_, nodes_, log_),
      observer_(roles_, log_),
      client_(client_config(config_), shifted_plans(config_), rng_.next_u64(), log_) {
    roles_.front = world_.add_segment(segment("front", config_.front));
    roles_.back = world_.add_segment(segment("back", config_.back));
    roles_.encapsulation_ether_type = config_.farm.farm.ethertype;
    roles_.has_extensions = config_.farm.farm.has_extensions;
    roles_.has_blobs = config_.farm.has_profile(farm::Profile::Blob);
    add_servers();
    client_id_ = world_.add_host("client", client_);
    world_.attach(client_id_, link::LinkId::Front, roles_.front, kClientMac);
    for (const Guest& guest : config_.guests) {
        guest_ids_.push_back(world_.add_host(guest.name, *guest.host));
        world_.attach(guest_ids_.back(), link::LinkId::Front, roles_.front, guest.mac);
    }
    if (config_.do_servers_lose_each_other) owners_.forbid_acting_after_a_reset();
    observer_.add(owners_);
    observer_.add(client_view_);
    observer_.add(forwarding_);
    observer_.add(receivers_);
    observer_.add(node_checker_);
    world_.add_observer(observer_);
    if (config_.observer != nullptr) world_.add_observer(*config_.observer);
    for (const ServerRole& server : roles_.servers)
        world_.wake(server.host);
    world_.wake(client_id_);
    if (roles_.has_extensions) open_channels();
}

std::vector<ConnectionPlan> FarmWorld::shifted_plans(const FarmWorldConfig& world) {
    std::vector<ConnectionPlan> plans = world.plans;
    for (ConnectionPlan& plan : plans) {
        if (world.farm.farm.has_extensions) plan.start = plan.start + kOpening;
    }
    return plans;
}

void FarmWorld::open_channels() {
    heal();
    begin_ = world_.now() + kOpening;
    world_.run_until(begin_);
    world_.set_faults(roles_.front, config_.front);
    world_.set_faults(roles_.back, config_.back);
}

ClientConfig FarmWorld::client_config(const FarmWorldConfig& world) {
    ClientConfig config;
    config.address = farm::standard_client_address();
    config.mac = kClientMac;
    config.service = world.farm.servers.front().services.front();
    config.tcp.explicit_congestion_notification_asked = world.do_clients_ask_for_ecn;
    if (world.client_keep_alive) {
        config.tcp.keep_alive = true;
        config.tcp.keep_alive_idle = *world.client_keep_alive;
        config.tcp.keep_alive_interval = *world.client_keep_alive;
        config.tcp.keep_alive_probes_max = 255;
    }
    return config;
}

void FarmWorld::add_servers() {
    for (const farm::Server& server : config_.farm.servers) {
        const std::uint64_t seed = rng_.next_u64();
        nodes_.push_back(make_node(server, seed, world_.now()));
        const HostId id = world_.add_host(server.name, on_its_links(nodes_.size() - 1));
        world_.attach(id, link::LinkId::Front, roles_.front, server.front_mac);
        world_.attach(id, link::LinkId::Back, roles_.back, server.back_mac);
        roles_.servers.push_back({id, server.name, server.front_mac, server.back_mac,
                                  server.services, server.forward_ips});
    }
}

std::unique_ptr<NodeHost> FarmWorld::make_node(const farm::Server& server, std::uint64_t seed,
                                               Instant now) const {
    node::LinkMtus mtus;
    if (config_.has_offload) mtus.front_train = OffloadHost::kTrainMax;
    return std::make_unique<NodeHost>(config_.farm, server.id, seed, now, mtus);
}

Host& FarmWorld::on_its_links(std::size_t index) {
    NodeHost& node = *nodes_[index];
    if (config_.seats != nullptr) return config_.seats->seat(index, node);
    if (!config_.has_offload) return node;
    cards_.push_back(std::make_unique<OffloadHost>(node, card_pool_));
    return *cards_.back();
}

void FarmWorld::run(Instant limit) {
    run_until(limit, [this] { return client_.is_finished_but_for_excused(); });
    end_clients();
    run_until(world_.now() + kSettling, [] { return false; });
    check_all_tables();
    if (const auto stuck = world_.stuck_host()) {
        log_.add(world_.now(), "liveness",
                 fmt::format("{} has a deadline that stays in the past", world_.name(*stuck)));
    }
}

void FarmWorld::end_clients() {
    client_.give_up(world_.host_now(client_id_));
    world_.wake(client_id_);
    client_.report_unfinished(world_.now());
}

bool FarmWorld::run_until(Instant limit, const std::function<bool()>& is_enough) {
    Instant next_look = world_.now() + kTablePeriod;
    for (;;) {
        if (is_enough()) return true;
        const std::optional<Instant> trouble = troubles_.next();
        const std::optional<Instant> next = earlier(world_.next_event(), trouble);
        if (!next || *next > limit) return false;
        if (*next >= next_look) {
            check_all_tables();
            next_look = *next + kTablePeriod;
        }
        if (trouble == next) {
            befall();
        } else if (!world_.step()) {
            return false;
        }
        for (const wire::ConnectionTuple& tuple : owners_.take_late_orphans())
            orphan(tuple);
    }
}

void FarmWorld::befall() {
    world_.wait_until(*troubles_.next());
    const Trouble trouble = troubles_.front();
    if (trouble.kind == Trouble::Kind::Crash) tell_of_crash(trouble.host);
    if (config_.do_servers_lose_each_other) tell_of_parting(trouble);
    troubles_.apply(world_, [this](HostId host) -> Host& { return restart(host); });
}

void FarmWorld::crash(HostId host) {
    tell_of_crash(host);
    world_.crash(host);
}

void FarmWorld::tell_of_crash(HostId host) {
    for (const wire::ConnectionTuple& tuple : owners_.host_crashed(host))
        orphan(tuple);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (roles_.servers[i].host == host) nodes_[i]->set_down();
    }
}

/// Where a home and an owner have lost each other clients may be reset (EP-33).
void FarmWorld::part(HostId from, HostId to) {
    for (const wire::ConnectionTuple& tuple : owners_.hosts_parted(from, to))
        orphan(tuple);
}

void FarmWorld::tell_of_parting(const Trouble& trouble) {
    using Kind = Trouble::Kind;
    if (trouble.segment == roles_.back && trouble.kind == Kind::Cut) {
        part(trouble.host, trouble.other);
    }
    if (trouble.segment == roles_.back && trouble.kind == Kind::Open) {
        join(trouble.host, trouble.other);
    }
    for (const ServerRole& server : roles_.servers) {
        if (server.host == trouble.host) continue;
        if (trouble.kind == Kind::Pause) part(trouble.host, server.host);
        if (trouble.kind == Kind::Resume) join(trouble.host, server.host);
    }
}

void FarmWorld::orphan(const wire::ConnectionTuple& tuple) {
    observer_.orphan(tuple);
    client_.excuse(tuple);
}

// With another seed: keys and counters of a machine that starts are its own.
Host& FarmWorld::restart(HostId id) {
    const std::uint64_t seed = rng_.next_u64();
    const auto found = std::ranges::find(roles_.servers, id, &ServerRole::host);
    SHUNT_ASSERT(found != roles_.servers.end(), "only servers crash");
    const auto index = static_cast<std::size_t>(found - roles_.servers.begin());
    const farm::Server& server = config_.farm.servers[index];
    auto fresh = make_node(server, seed, world_.host_now(id));
    retired_.push_back(std::exchange(nodes_[index], std::move(fresh)));
    return on_its_links(index);
}

void FarmWorld::excuse_limbo() {
    for (const wire::ConnectionTuple& tuple : owners_.in_limbo())
        client_.excuse(tuple);
}

void FarmWorld::heal() {
    world_.set_faults(roles_.front, config_.front.healed());
    world_.set_faults(roles_.back, config_.back.healed());
}

std::vector<LaneName> FarmWorld::lanes() const {
    std::vector<LaneName> lanes;
    for (const ServerRole& from : roles_.servers) {
        for (const ServerRole& to : roles_.servers) {
            if (from.host == to.host) continue;
            lanes.push_back({roles_.back, from.host, to.host});
        }
        lanes.push_back({roles_.front, from.host, client_id_});
        lanes.push_back({roles_.front, client_id_, from.host});
    }
    return lanes;
}

void FarmWorld::demand_base_line() {
    const farm::Timers& timers = config_.farm.timers;
    const Duration longest = std::max(timers.two_msl * 2, timers.temporary_life);
    run_until(world_.now() + longest + kSettling, [] { return false; });
    for (const auto& node : nodes_) {
        for (const TableRow& row : node->tables().rows) {
            if (row.table == "forward") continue;  // idle ones stay for hours (EP-31)
            log_.add(world_.now(), "SEC-5",
                     fmt::format("{} still has {} in {}", node->node().self().name,
                                 row.tuple.to_string(), row.table));
        }
    }
}

void FarmWorld::check_all_tables() {
    std::vector<ServerTables> farm;
    farm.reserve(nodes_.size());
    for (const auto& node : nodes_) {
        if (!node->is_down()) farm.push_back(node->tables());
    }
    check_tables(farm, world_.now(), log_);
}

std::uint64_t FarmWorld::counted(Counter counter) const {
    std::uint64_t sum = 0;
    for (const auto& node : nodes_)
        sum += node->node().counters().value(counter);
    for (const auto& node : retired_)
        sum += node->node().counters().value(counter);
    return sum;
}

void FarmWorld::demand_blobs(std::uint64_t sent, std::uint64_t returned) {
    const std::uint64_t blobs = counted(Counter::BlobSent);
    const std::uint64_t returns = counted(Counter::ReturnAccepted);
    const std::uint64_t data = counted(Counter::DataSent);
    if (blobs >= sent && returns >= returned && data == 0) return;
    log_.add(world_.now(), "scenario",
             fmt::format("{} blobs of {}, {} of {} came home, and {} 0x12", blobs, sent, returns,
                         returned, data));
}

ScenarioResult FarmWorld::result() const {
    ScenarioResult result;
    result.seed = config_.seed;
    result.trace_hash = world_.trace().to_hex();
    result.packets = world_.deliveries();
    result.connections = client_.finished();
    result.migrations = owners_.migrations();
    result.responses = client_.responses();
    result.bytes = client_.verified_bytes();
    result.end = world_.now();
    result.violation_count = log_.count();
    result.violations = log_.kept();
    return result;
}

}  // namespace shunt::sim
