// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/tables_snapshot.hh"

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
    if (const auto* temporary = record.as<TemporaryEndpoint>()) {
        standing.epoch = temporary->epoch;
        if (temporary->attempt) {
            standing.state = "migrating";
            standing.peer = temporary->attempt->target;
        }
    } else if (const auto* moved_in = record.as<ForwardConnectEndpoint>()) {
        if (!moved_in->is_released) standing.state = "unreleased";
        standing.epoch = moved_in->id.epoch;
        standing.peer = moved_in->home;
    }
    return standing;
}

}  // namespace

TablesSnapshot Node::tables() const {
    TablesSnapshot snapshot;
    for (const Slot slot : tables_.sorted_slots()) {
        const migrate::Record& record = tables_.at(slot);
        const Standing standing = standing_of(record);
        const farm::Server* peer = config_.server_by_id(standing.peer);
        ConnectionRow row;
        row.connection = record.tuple.to_string();
        row.protocol = "tcp";
        row.state = standing.state;
        row.epoch = standing.epoch;
        if (peer != nullptr) row.peer = peer->name;
        switch (record.table()) {
            case migrate::Table::Temporary:
                snapshot.temporary.push_back(std::move(row));
                break;
            case migrate::Table::Local:
                snapshot.local.push_back(std::move(row));
                break;
            case migrate::Table::Forward:
                snapshot.forward.push_back(std::move(row));
                break;
            case migrate::Table::ForwardConnect:
                snapshot.forward_connect.push_back(std::move(row));
                break;
        }
    }
    return snapshot;
}

ServerStateRow Node::server_state() const {
    const std::size_t own = tables_.size(migrate::Table::Temporary) +
                            tables_.size(migrate::Table::Local) +
                            tables_.size(migrate::Table::ForwardConnect);
    return {self_.name, static_cast<std::uint32_t>(own)};
}

}  // namespace shunt::node
