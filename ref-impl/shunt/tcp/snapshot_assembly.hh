// SPDX-License-Identifier: Apache-2.0
// A snapshot on its way in: a control block, and the parts of its queues as they come, in any
// order, repeated, with some lost (EP-41).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/tcp/queue_assembly.hh"
#include "shunt/tcp/snapshot.hh"
#include "shunt/tcp/snapshot_parts.hh"

namespace shunt::tcp {

class SnapshotAssembly {
  public:
    /// `block` is one that Connection::check_block() has passed, which bounds its queues;
    /// `context_max` bounds queue 6, in bytes.
    SnapshotAssembly(const wire::ControlBlock& block, std::size_t context_max);

    /// Takes the bytes of a 0x12. What has come before changes nothing. A fault: the part
    /// contradicts the block, and the whole is refused.
    std::optional<SnapshotFault> add(wire::EndpointQueue queue, std::uint32_t offset,
                                     ByteView bytes);
    /// All that the block announces is there (EP-41). The fine state is not announced.
    bool is_complete() const;
    /// What 0x15 asks for, at most `count_max` parts. Of queue 3 they are where something may lie.
    std::vector<QueuePart> missing(std::size_t count_max) const;
    /// The whole, once it is complete; this is then used up. It may still be refused.
    Snapshot take();

  private:
    std::optional<SnapshotFault> out_of_order_fault() const;
    std::optional<SnapshotFault> context_fault() const;
    bool is_out_of_order_complete() const;
    bool is_context_complete() const;
    /// Of queue 6, with its head; as much as is known of it.
    std::uint64_t context_size() const;

    wire::ControlBlock block_;
    QueueAssembly send_;
    QueueAssembly receive_;
    QueueAssembly out_of_order_;
    QueueAssembly scoreboard_;
    QueueAssembly context_;
    std::optional<wire::FineState> fine_;
};

}  // namespace shunt::tcp
