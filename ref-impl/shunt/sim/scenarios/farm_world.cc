// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/farm_world.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
      observer_(roles_, log_),
      client_(client_config(config_.farm), config_.plans, rng_.next_u64(), log_) {
    roles_.front = world_.add_segment(segment("front", config_.front));
    roles_.back = world_.add_segment(segment("back", config_.back));
    roles_.encapsulation_ether_type = config_.farm.farm.ethertype;
    roles_.has_extensions = config_.farm.farm.has_extensions;
    add_servers();
    const HostId client = world_.add_host("client", client_);
    world_.attach(client, link::LinkId::Front, roles_.front, kClientMac);
    for (const Guest& guest : config_.guests) {
        guest_ids_.push_back(world_.add_host(guest.name, *guest.host));
        world_.attach(guest_ids_.back(), link::LinkId::Front, roles_.front, guest.mac);
    }
    observer_.add(owners_);
    observer_.add(client_view_);
    observer_.add(forwarding_);
    world_.add_observer(observer_);
    if (config_.observer != nullptr) world_.add_observer(*config_.observer);
    for (const ServerRole& server : roles_.servers)
        world_.wake(server.host);
    world_.wake(client);
}

ClientConfig FarmWorld::client_config(const farm::FarmConfig& farm) {
    ClientConfig config;
    config.address = farm::standard_client_address();
    config.mac = kClientMac;
    config.service = farm.servers.front().services.front();
    return config;
}

void FarmWorld::add_servers() {
    for (const farm::Server& server : config_.farm.servers) {
        const std::uint64_t seed = rng_.next_u64();
        nodes_.push_back(std::make_unique<NodeHost>(config_.farm, server.id, seed, world_.now()));
        const HostId id = world_.add_host(server.name, *nodes_.back());
        world_.attach(id, link::LinkId::Front, roles_.front, server.front_mac);
        world_.attach(id, link::LinkId::Back, roles_.back, server.back_mac);
        roles_.servers.push_back(
            {id, server.name, server.front_mac, server.back_mac, server.services});
    }
}

void FarmWorld::run(Instant limit) {
    run_until(limit, [this] { return client_.is_finished(); });
    client_.report_unfinished(world_.now());
    run_until(world_.now() + kSettling, [] { return false; });
    if (const auto stuck = world_.stuck_host()) {
        log_.add(world_.now(), "liveness",
                 fmt::format("{} has a deadline that stays in the past", world_.name(*stuck)));
    }
}

bool FarmWorld::run_until(Instant limit, const std::function<bool()>& is_enough) {
    Instant next_look = world_.now() + kTablePeriod;
    for (;;) {
        if (is_enough()) return true;
        const std::optional<Instant> next = world_.next_event();
        if (!next || *next > limit) return false;
        if (*next >= next_look) {
            check_all_tables();
            next_look = *next + kTablePeriod;
        }
        if (!world_.step()) return false;
    }
}

void FarmWorld::check_all_tables() {
    std::vector<ServerTables> farm;
    farm.reserve(nodes_.size());
    for (const auto& node : nodes_)
        farm.push_back(node->tables());
    check_tables(farm, world_.now(), log_);
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
