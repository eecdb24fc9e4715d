// SPDX-License-Identifier: Apache-2.0
// The engine alone: a segment's way through an established connection, and a connection's way
// through its control block.
#include <array>
#include <memory>

#include "bench/figures/figures.hh"
#include "bench/figures/tins_parse.hh"
#include "bench/worlds/receiving_connection.hh"
#include "shunt/base/assert.hh"
#include "shunt/wire/control_block.hh"

namespace shunt::bench {
namespace {

Samples segment_in_acknowledgment_out(const Effort& effort) {
    const auto world = std::make_shared<ReceivingConnection>();
    const auto ours = [world](benchmark::State& state) {
        for (auto _ : state) {
            if (!world->step()) return state.SkipWithError("a segment was not acknowledged");
        }
    };
    return take_turns(ours, tins_parse_of(world->frame()), effort);
}

/// What a move does to the state of an endpoint with empty queues: out, into the bytes of 0x01, out
/// of them, in.
Samples export_and_import(const Effort& effort) {
    const auto world = std::make_shared<ReceivingConnection>();
    const auto ours = [world](benchmark::State& state) {
        const tcp::Connection& connection = world->connection();
        std::array<std::uint8_t, wire::ControlBlock::kSize> bytes{};
        for (auto _ : state) {
            connection.export_block(1, world->now()).store(bytes, 0);
            const auto imported =
                tcp::Connection::import_block(world->config(), connection.identity(),
                                              wire::ControlBlock::load(bytes, 0), world->now());
            if (!imported) return state.SkipWithError("what was exported was refused");
            benchmark::DoNotOptimize(imported->receive_next());
        }
    };
    return take_turns(ours, tins_parse_of(world->frame()), effort);
}

}  // namespace

std::vector<Figure> engine_figures() {
    return {
        {.name = "segment-in-ack-out",
         .ours = "a 1,514 byte frame parsed, verified, taken, read, acknowledged by a frame",
         .named = "libtins 4.0 parses that frame",
         .unit = "ns",
         .limit = 3.0,
         .measure = segment_in_acknowledgment_out},
        {.name = "export-import",
         .ours = "an endpoint with empty queues exported, encoded, decoded, imported",
         .named = "libtins 4.0 parses a 1,514 byte frame",
         .unit = "ns",
         .limit = 20.0,
         .measure = export_and_import},
    };
}

}  // namespace shunt::bench
