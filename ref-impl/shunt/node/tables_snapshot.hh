// SPDX-License-Identifier: Apache-2.0
// What an operator sees of a node: its tables and its state, as plain values (TAB-3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shunt/farm/farm_config.hh"
#include "shunt/farm/server_states.hh"

namespace shunt::node {

/// One connection as the control socket shows it (docs/interfaces.md).
struct ConnectionRow {
    std::string connection;  // 10.7.0.9:4711>10.7.1.1:80/tcp
    std::string protocol;    // tcp
    std::string state;       // of the endpoint; in Forward: forwarded, or over
    std::uint32_t epoch = 0;
    std::string peer;  // server that it came from or went to; empty without one
};

struct TablesSnapshot {
    std::vector<ConnectionRow> temporary;
    std::vector<ConnectionRow> local;
    std::vector<ConnectionRow> forward;
    std::vector<ConnectionRow> forward_connect;
};

/// The row of this server in the Server State table, as far as the node itself knows it.
struct ServerStateRow {
    std::string server;
    std::uint32_t connections = 0;  // established here: Temporary, Local and Forward-Connect
};

/// All rows of one server in Server State, Listening Sockets and Application Information.
struct ServerRows {
    std::string server;
    farm::ServerState state;
};

/// A member of the farm and the control channel to it.
struct MemberRow {
    std::string name;
    farm::ServerId id = 0;
    std::string channel;     // self, connecting, open, dead; none in a farm without extensions
    std::uint64_t boot = 0;  // 0: not known
};

}  // namespace shunt::node
