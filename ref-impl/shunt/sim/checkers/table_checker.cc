// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/table_checker.hh"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace shunt::sim {
namespace {

struct Place {
    wire::ConnectionTuple tuple;
    std::string_view server;
    const TableRow* row = nullptr;
};

void compare(const Place& one, const Place& other, Instant now, ViolationLog& log) {
    if (one.server == other.server) {
        log.add(now, "TAB-1",
                fmt::format("{} has {} in {} and in {}", one.server, one.tuple.to_string(),
                            one.row->table, other.row->table));
        return;
    }
    if (one.row->is_owner && other.row->is_owner) {
        log.add(now, "EP-12",
                fmt::format("{} owns {} ({}), and so does {} ({})", one.server,
                            one.tuple.to_string(), one.row->table, other.server, other.row->table));
    }
}

}  // namespace

void check_tables(const std::vector<ServerTables>& farm, Instant now, ViolationLog& log) {
    std::vector<Place> places;
    for (const ServerTables& tables : farm) {
        for (const TableRow& row : tables.rows)
            places.push_back({row.tuple, tables.server, &row});
    }
    std::ranges::stable_sort(places, [](const Place& a, const Place& b) {
        return std::tie(a.tuple, a.server) < std::tie(b.tuple, b.server);
    });
    for (std::size_t first = 0; first < places.size(); ++first) {
        for (std::size_t second = first + 1;
             second < places.size() && places[second].tuple == places[first].tuple; ++second) {
            compare(places[first], places[second], now, log);
        }
    }
}

}  // namespace shunt::sim
