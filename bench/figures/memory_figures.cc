// SPDX-License-Identifier: Apache-2.0
// What a connection costs while nothing happens on it (TCP-16).
#include <utility>
#include <vector>

#include "bench/figures/figures.hh"
#include "bench/worlds/farm.hh"
#include "bench/worlds/heap_in_use.hh"
#include "bench/worlds/receiving_connection.hh"
#include "shunt/base/assert.hh"

namespace shunt::bench {
namespace {

constexpr double kIdleEndpointMax = 512.0;
constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;
constexpr double kMillion = 1'000'000.0;

/// A connection that has had traffic and gave back what it does not need.
Samples memory_of_endpoint(const Effort&) {
    constexpr int kSegments = 8;
    constexpr std::size_t kConnections = 1'000;
    std::vector<tcp::Connection> silent;  // only looked at for its size
    silent.reserve(kConnections);
    const std::size_t before = heap_in_use();
    while (silent.size() < kConnections) {
        ReceivingConnection world;
        for (int i = 0; i < kSegments; ++i)
            SHUNT_ASSERT(world.step(), "every segment is acknowledged");
        world.connection().release_memory();
        silent.push_back(std::move(world.connection()));
    }
    const double heap = static_cast<double>(heap_in_use() - before) / kConnections;
    return {.ours = {sizeof(tcp::Connection) + heap},
            .named = {kIdleEndpointMax},
            .details = {{"bytes of heap behind it", heap}}};
}

/// Endpoints that have served a request, in a node, with all that belongs to them.
Samples memory_in_node(const Effort& effort) {
    Farm farm({.connections = effort.connections + 1});
    farm.converse(0, Farm::kRequest);  // pools and caches fill
    const std::size_t heap_before = heap_in_use();
    const std::size_t resident_before = resident_size();
    for (std::size_t i = 1; i <= effort.connections; ++i)
        farm.converse(i, Farm::kRequest);
    const auto& tables = farm.s1().connection_tables();
    SHUNT_ASSERT(tables.size(migrate::Table::Local) == effort.connections + 1,
                 "every client is served here");
    const auto count = static_cast<double>(effort.connections);
    const double heap = static_cast<double>(heap_in_use() - heap_before) / count;
    const double resident = static_cast<double>(resident_size() - resident_before) / count;
    return {.ours = {heap},
            .named = {kGibibyte / kMillion},
            .details = {{"connections", count},
                        {"bytes of RSS each", resident},
                        {"bytes of a connection", sizeof(tcp::Connection)},
                        {"bytes of a record", sizeof(migrate::Record)}}};
}

}  // namespace

std::vector<Figure> memory_figures() {
    return {
        {.name = "idle-endpoint",
         .ours = "memory of an established connection of the engine that has fallen silent",
         .named = "512 bytes (TCP-16)",
         .unit = "bytes",
         .limit = 1.0,
         .measure = memory_of_endpoint},
        {.name = "idle-million",
         .ours = "heap of an idle established endpoint in a node, its table entry, record, "
                 "application and deadlines included",
         .named = "1 GiB / 1,000,000",
         .unit = "bytes",
         .limit = 1.0,
         .measure = memory_in_node},
    };
}

}  // namespace shunt::bench
