// SPDX-License-Identifier: Apache-2.0
// The blob profile: a connection with full queues into a blob and out of one, and what a forwarder
// does to a packet (docs/protocol/blob.md).
#include <malloc.h>

#include <cstring>
#include <memory>
#include <vector>

#include "bench/figures/figures.hh"
#include "bench/figures/tins_parse.hh"
#include "bench/worlds/queued_connection.hh"
#include "bench/worlds/receiving_connection.hh"
#include "shunt/migrate/blob/snapshot_blob.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/flow_rewrite.hh"

namespace shunt::bench {
namespace {

using migrate::blob::snapshot_of;
using migrate::blob::SnapshotBlob;

constexpr std::size_t kQueued = 128 * 1'024;

/// As shunt-node's runtime/heap.cc: what is timed is work, not pages of the kernel's.
void keep_freed_memory() {
    constexpr int mebibyte = 1'024 * 1'024;
    mallopt(M_TRIM_THRESHOLD, 64 * mebibyte);
    mallopt(M_MMAP_THRESHOLD, 4 * mebibyte);
}

Loop copy_of_what_is_queued() {
    const auto from = std::make_shared<std::vector<std::uint8_t>>(kQueued, std::uint8_t{0x5A});
    const auto into = std::make_shared<std::vector<std::uint8_t>>(kQueued);
    return [from, into](benchmark::State& state) {
        for (auto _ : state) {
            benchmark::DoNotOptimize(from->data());
            std::memcpy(into->data(), from->data(), kQueued);
            benchmark::DoNotOptimize(into->data());
            benchmark::ClobberMemory();
        }
    };
}

std::vector<std::uint8_t> compiled(const QueuedConnection& world) {
    const tcp::Snapshot snapshot = world.connection().export_snapshot(1, world.now());
    return SnapshotBlob(world.mapping(), snapshot).written();
}

Samples compile(const Effort& effort) {
    keep_freed_memory();
    const auto world = std::make_shared<QueuedConnection>(kQueued);
    const auto ours = [world](benchmark::State& state) {
        for (auto _ : state) {
            const auto bytes = compiled(*world);
            if (bytes.size() < kQueued) return state.SkipWithError("the queues are in it");
            benchmark::DoNotOptimize(bytes.data());
            benchmark::ClobberMemory();
        }
    };
    return take_turns(ours, copy_of_what_is_queued(), effort);
}

Samples infuse(const Effort& effort) {
    keep_freed_memory();
    const auto world = std::make_shared<QueuedConnection>(kQueued);
    const auto ours = [world, bytes = compiled(*world)](benchmark::State& state) {
        for (auto _ : state) {
            benchmark::DoNotOptimize(bytes.data());
            const auto view = wire::BlobView::parse(bytes);
            if (!view) return state.SkipWithError("what was compiled was refused");
            const auto imported = tcp::Connection::import_snapshot(
                world->config(), world->connection().identity(), snapshot_of(*view), world->now());
            if (!imported) return state.SkipWithError("what was exported was refused");
            benchmark::DoNotOptimize(imported->receive_next());
        }
    };
    return take_turns(ours, copy_of_what_is_queued(), effort);
}

/// One flow's packet after the other, in the same frame.
Samples rewrite(const Effort& effort) {
    const ReceivingConnection world;
    std::vector<std::uint8_t> frame(world.frame().begin(), world.frame().end());
    const auto ours = [frame](benchmark::State& state) mutable {
        const MutableBytes packet = MutableBytes(frame).subspan(wire::kEthernetHeaderSize);
        const wire::FlowPath path{wire::Ipv4Address(10, 8, 0, 1), wire::Ipv4Address(10, 8, 0, 2)};
        std::uint32_t flow = 0xABCD'1234;
        for (auto _ : state) {
            flow ^= 0x0101'0101;
            if (wire::rewrite_to_flow(packet, path, wire::FlowId(flow))) {
                return state.SkipWithError("the segment is whole");
            }
            benchmark::ClobberMemory();
        }
    };
    return take_turns(ours, tins_parse_of(frame), effort);
}

}  // namespace

std::vector<Figure> blob_figures() {
    return {
        {.name = "blob-compile",
         .ours = "an endpoint with 128 KiB queued exported and written as a blob",
         .named = "memcpy of 128 KiB",
         .unit = "ns",
         .limit = 20.0,
         .measure = compile},
        {.name = "blob-infuse",
         .ours = "that blob read and checked, a connection made of it",
         .named = "memcpy of 128 KiB",
         .unit = "ns",
         .limit = 20.0,
         .measure = infuse},
        {.name = "flow-rewrite",
         .ours = "addresses and ports of a 1,500 byte packet and its checksums changed in place",
         .named = "libtins 4.0 parses its frame",
         .unit = "ns",
         .limit = 0.3,
         .measure = rewrite},
    };
}

}  // namespace shunt::bench
