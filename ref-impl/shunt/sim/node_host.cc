// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/node_host.hh"

#include "shunt/migrate/connection_tables.hh"

namespace shunt::sim {
namespace {

std::string_view table_name(migrate::Table table) {
    switch (table) {
        case migrate::Table::Temporary:
            return "temporary";
        case migrate::Table::Local:
            return "local";
        case migrate::Table::Forward:
            return "forward";
        case migrate::Table::ForwardConnect:
            return "forward-connect";
    }
    return "";
}

std::string_view phase_of(const migrate::TemporaryEndpoint& endpoint) {
    switch (endpoint.phase) {
        case migrate::TemporaryEndpoint::Phase::Handshake:
            return "temporary/handshake";
        case migrate::TemporaryEndpoint::Phase::Request:
            return "temporary/request";
        case migrate::TemporaryEndpoint::Phase::Migrating:
            return "temporary/migrating";
    }
    return "";
}

std::string_view phase_of(const migrate::ForwardEntry& entry) {
    if (entry.is_over) return "forward/over";
    return entry.is_closing ? "forward/closing" : "forward";
}

std::string_view phase_of(const migrate::ForwardConnectEndpoint& endpoint) {
    if (endpoint.returning) return "forward-connect/returning";
    return endpoint.is_released ? "forward-connect/released" : "forward-connect/unreleased";
}

std::string_view phase_of(const migrate::Flow& flow) {
    if (const auto* moved_in = flow.as<migrate::MovedInFlow>())
        return moved_in->is_released ? "forward-connect/released" : "forward-connect/unreleased";
    if (flow.as<migrate::OfferedFlow>() != nullptr) return "temporary/migrating";
    return table_name(flow.table());
}

bool is_owner(const migrate::Record& record) {
    if (const auto* temporary = record.as<migrate::TemporaryEndpoint>())
        return temporary->phase != migrate::TemporaryEndpoint::Phase::Migrating;
    if (const auto* moved_in = record.as<migrate::ForwardConnectEndpoint>())
        return moved_in->is_released && !moved_in->returning;
    return record.as<migrate::LocalEndpoint>() != nullptr;
}

}  // namespace

ServerTables NodeHost::tables() const {
    ServerTables tables;
    tables.server = node_.self().name;
    const migrate::ConnectionTables& records = node_.connection_tables();
    for (const migrate::Slot slot : records.sorted_slots()) {
        const migrate::Record& record = records.at(slot);
        tables.rows.push_back({table_name(record.table()), record.tuple, is_owner(record)});
    }
    return tables;
}

bool NodeHost::are_tables_empty() const {
    const migrate::ConnectionTables& records = node_.connection_tables();
    for (const auto table : {migrate::Table::Temporary, migrate::Table::Local,
                             migrate::Table::Forward, migrate::Table::ForwardConnect}) {
        if (records.size(table) > 0) return false;
    }
    return node_.flow_table().size() == 0;
}

std::string_view NodeHost::phase(const wire::ConnectionTuple& tuple) const {
    if (tuple.protocol == wire::TransportProtocol::Udp) {
        const auto flow = node_.flow_table().find(tuple);
        return flow ? phase_of(node_.flow_table().at(*flow)) : "none";
    }
    const migrate::ConnectionTables& records = node_.connection_tables();
    const auto slot = records.find(tuple);
    if (!slot) return "none";
    const migrate::Record& record = records.at(*slot);
    if (const auto* temporary = record.as<migrate::TemporaryEndpoint>())
        return phase_of(*temporary);
    if (const auto* entry = record.as<migrate::ForwardEntry>()) return phase_of(*entry);
    if (const auto* moved_in = record.as<migrate::ForwardConnectEndpoint>())
        return phase_of(*moved_in);
    return "local";
}

const tcp::Connection* NodeHost::owned_connection(const wire::ConnectionTuple& tuple) const {
    const migrate::ConnectionTables& records = node_.connection_tables();
    const auto slot = records.find(tuple);
    if (!slot || !is_owner(records.at(*slot))) return nullptr;
    return records.at(*slot).connection();
}

}  // namespace shunt::sim
