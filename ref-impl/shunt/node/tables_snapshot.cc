// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/tables_snapshot.hh"

#include "shunt/base/mutant.hh"
#include "shunt/node/node.hh"

namespace shunt::node {
namespace {

using migrate::ForwardConnectEndpoint;
using migrate::ForwardEntry;
using migrate::TemporaryEndpoint;

/// What of a row depends on the table that the record is in.
struct Standing {
    std::string state;
    std::uint32_t epoch = 0;
    farm::ServerId peer = 0;
};

Standing standing_of(const migrate::Record& record) {
    if (const auto* entry = record.as<ForwardEntry>()) {
        return {entry->is_over ? "over" : "forwarded", entry->id.epoch, entry->owner};
    }
    Standing standing{std::string(tcp::to_string(record.connection()->state())), 0, 0};
    if (const auto* local = record.as<migrate::LocalEndpoint>()) standing.epoch = local->epoch;
    if (const auto* temporary = record.as<TemporaryEndpoint>()) {
        standing.epoch = temporary->epoch;
        if (temporary->attempt) {
            standing.state = "migrating";
            standing.peer = temporary->attempt->target;
        }
    } else if (const auto* moved_in = record.as<ForwardConnectEndpoint>()) {
        if (!moved_in->is_released)
            standing.state = moved_in->suspended_since ? "suspended" : "unreleased";
        if (moved_in->returning) standing.state = "returning";
        standing.epoch = moved_in->id.epoch;
        standing.peer = moved_in->home;
    }
    return standing;
}

/// The same of a UDP flow, which has no state of its own.
Standing standing_of(const migrate::Flow& flow) {
    if (const auto* offered = flow.as<migrate::OfferedFlow>()) {
        return {"migrating", offered->id.epoch, offered->target};
    }
    if (const auto* moved = flow.as<migrate::ForwardedFlow>()) {
        return {"forwarded", moved->id.epoch, moved->owner};
    }
    if (const auto* moved_in = flow.as<migrate::MovedInFlow>()) {
        return {moved_in->is_released ? "flow" : "unreleased", moved_in->id.epoch, moved_in->home};
    }
    return {"flow", 0, 0};
}

std::vector<ConnectionRow>& table_of(TablesSnapshot& snapshot, migrate::Table table) {
    switch (table) {
        case migrate::Table::Temporary:
            return snapshot.temporary;
        case migrate::Table::Local:
            return snapshot.local;
        case migrate::Table::Forward:
            return snapshot.forward;
        case migrate::Table::ForwardConnect:
            break;
    }
    return snapshot.forward_connect;
}

}  // namespace

TablesSnapshot Node::tables() const {
    TablesSnapshot snapshot;
    const auto add = [&](const wire::ConnectionTuple& tuple, migrate::Table table,
                         const Standing& standing) {
        const farm::Server* peer = config_.server_by_id(standing.peer);
        ConnectionRow row;
        row.connection = tuple.to_string();
        row.protocol = tuple.protocol == wire::TransportProtocol::Udp ? "udp" : "tcp";
        row.state = standing.state;
        row.epoch = standing.epoch;
        if (peer != nullptr && !is_mutant(Mutant::TellsNoPeers)) row.peer = peer->name;
        if (is_mutant(Mutant::KeepsTemporaryRow) && table == migrate::Table::Forward) {
            snapshot.temporary.push_back(row);
        }
        table_of(snapshot, table).push_back(std::move(row));
    };
    for (const Slot slot : tables_.sorted_slots()) {
        const migrate::Record& record = tables_.at(slot);
        add(record.tuple, record.table(), standing_of(record));
    }
    for (const Slot slot : flows_.table().sorted_slots()) {
        const migrate::Flow& flow = flows_.table().at(slot);
        add(flow.tuple, flow.table(), standing_of(flow));
    }
    return snapshot;
}

std::uint32_t Node::own_connections() const {
    const std::size_t own = tables_.size(migrate::Table::Temporary) +
                            tables_.size(migrate::Table::Local) +
                            tables_.size(migrate::Table::ForwardConnect);
    return static_cast<std::uint32_t>(own);
}

ServerStateRow Node::server_state() const {
    return {self_.name, own_connections()};
}

}  // namespace shunt::node
