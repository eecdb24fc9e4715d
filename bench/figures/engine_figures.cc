// SPDX-License-Identifier: Apache-2.0
// The engine alone: a segment's way through an established connection, and a connection's way
// through its control block.
#include <array>
#include <memory>

#include "bench/figures/figures.hh"
#include "bench/figures/tins_parse.hh"
#include "bench/worlds/receiving_connection.hh"
#include "shunt/tcp/snapshot_assembly.hh"
#include "shunt/tcp/snapshot_parts.hh"
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

/// What a frame of 1,500 bytes has for a part of a queue (EP-41).
constexpr std::size_t kPartMax = 1'440;

/// What a move does to the state of an endpoint: out, into the bytes of 0x01 and of each 0x12, out
/// of them as they come, in.
Result<tcp::Connection, tcp::ImportError> moved(const ReceivingConnection& world) {
    std::array<std::uint8_t, wire::ControlBlock::kSize> block{};
    std::array<std::uint8_t, kPartMax> part_bytes{};
    const tcp::Snapshot out = world.connection().export_snapshot(1, world.now());
    out.block.store(block, 0);
    tcp::SnapshotAssembly in(wire::ControlBlock::load(block, 0), 0);
    for (const tcp::QueuePart& part : tcp::parts_of(out, kPartMax)) {
        const MutableBytes bytes = MutableBytes(part_bytes).first(tcp::byte_count(part));
        tcp::copy_part(out, part, bytes);
        if (in.add(part.queue, part.offset, bytes)) return Failure{tcp::ImportError::Malformed};
    }
    if (!in.is_complete()) return Failure{tcp::ImportError::Malformed};
    return tcp::Connection::import_snapshot(world.config(), world.connection().identity(),
                                            in.take(), world.now());
}

Samples export_and_import(const Effort& effort) {
    const auto world = std::make_shared<ReceivingConnection>();
    const auto ours = [world](benchmark::State& state) {
        for (auto _ : state) {
            const auto imported = moved(*world);
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
         .ours =
             "an endpoint with empty queues exported, encoded as 0x01 and 0x12, decoded, imported",
         .named = "libtins 4.0 parses a 1,514 byte frame",
         .unit = "ns",
         .limit = 20.0,
         .measure = export_and_import},
    };
}

}  // namespace shunt::bench
