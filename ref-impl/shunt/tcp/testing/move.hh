// SPDX-License-Identifier: Apache-2.0
// A connection moved as the wire moves it: its snapshot cut into parts, encoded, assembled,
// imported.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "shunt/base/rng.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/tcp/snapshot_assembly.hh"
#include "shunt/tcp/snapshot_parts.hh"

namespace shunt::tcp::testing {

/// The snapshot after a journey on which its parts changed places, and some came twice.
inline Snapshot carried(const Snapshot& snapshot, Rng& rng) {
    std::vector<std::uint8_t> bytes(wire::ControlBlock::kSize);
    snapshot.block.store(bytes, 0);
    SnapshotAssembly assembly(wire::ControlBlock::load(bytes, 0), snapshot.context.size());
    const std::size_t size_max = 8 + static_cast<std::size_t>(rng.below(3'000));
    std::vector<QueuePart> parts = parts_of(snapshot, size_max);
    for (std::size_t i = 1; i < parts.size(); ++i)
        std::swap(parts[i], parts[static_cast<std::size_t>(rng.below(i + 1))]);
    for (const QueuePart& part : parts) {
        std::vector<std::uint8_t> content(byte_count(part));
        SHUNT_ASSERT(content.size() <= std::max<std::size_t>(size_max, wire::FineState::kSizeMax),
                     "a part fits into its frame");
        copy_part(snapshot, part, content);
        const std::uint64_t copies = 1 + rng.below(2);
        for (std::uint64_t copy = 0; copy < copies; ++copy)
            SHUNT_ASSERT(!assembly.add(part.queue, part.offset, content), "what we cut fits");
    }
    SHUNT_ASSERT(assembly.is_complete(), "nothing was lost");
    return assembly.take();
}

/// `connection`, whose clock shows `now`, on a server whose clock shows `there`.
inline Connection moved(const Connection& connection, const Config& config, Instant now,
                        Instant there, std::uint64_t seed = 1) {
    Rng rng(seed);
    Snapshot snapshot = connection.export_snapshot(1, now);
    snapshot.ip.reset();  // a matter of blobs
    const Snapshot arrived = carried(snapshot, rng);
    SHUNT_ASSERT(arrived == snapshot, "what is encoded is decoded");
    auto imported = Connection::import_snapshot(config, connection.identity(), arrived, there);
    SHUNT_ASSERT(imported, "what we export can be imported");
    return std::move(*imported);
}

}  // namespace shunt::tcp::testing
