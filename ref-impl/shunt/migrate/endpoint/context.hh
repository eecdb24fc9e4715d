// SPDX-License-Identifier: Apache-2.0
// What both sides of the endpoint profile work on; owned by the node.
#pragma once

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/ip/path_mtu.hh"
#include "shunt/migrate/applications.hh"
#include "shunt/migrate/blob/carrier.hh"
#include "shunt/migrate/connection_tables.hh"
#include "shunt/migrate/farm_link.hh"
#include "shunt/migrate/offers.hh"

namespace shunt::migrate::endpoint {

struct Context {
    const farm::FarmConfig& config;
    const farm::Server& self;
    ConnectionTables& tables;
    FarmLink& link;
    Offers& offers;
    HeldBudget& held_budget;
    ip::PathMtuCache& path_mtus;
    Applications& applications;
    PacketPool& pool;
    Rng& rng;
    Counters& counters;
    /// What carries connections that move as blobs; null where the farm has none.
    blob::Carrier* blobs = nullptr;
    /// The server takes no connection from another (EP-43).
    bool is_draining = false;

    HeldPackets::Limits held_limits() const {
        return {config.limits.held_packets, config.limits.held_bytes};
    }
    bool moves_as_blob(const wire::ConnectionTuple& tuple) const {
        return blobs != nullptr && blobs->carries(tuple);
    }
    bool has_extensions() const { return config.farm.has_extensions; }
    /// The service is that server's own.
    bool is_home(farm::ServerId server, wire::Ipv4Address service) const {
        const farm::Server* home = config.home_of_service(service);
        return home != nullptr && home->id == server;
    }
};

}  // namespace shunt::migrate::endpoint
