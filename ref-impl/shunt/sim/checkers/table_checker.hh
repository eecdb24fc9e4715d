// SPDX-License-Identifier: Apache-2.0
// What the servers' own tables say at one instant: a tuple is in at most one table of a server,
// and at most one server of the farm owns it (TAB-1, EP-12).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::sim {

struct TableRow {
    std::string_view table;  ///< "temporary", "local", "forward" or "forward-connect"
    wire::ConnectionTuple tuple;
    /// The server may process, acknowledge and transmit for it: Local, Temporary while no move is
    /// under way, Forward-Connect once released and not offered back.
    bool is_owner = false;
};

struct ServerTables {
    std::string_view server;
    std::vector<TableRow> rows;
};

void check_tables(const std::vector<ServerTables>& farm, Instant now, ViolationLog& log);

}  // namespace shunt::sim
