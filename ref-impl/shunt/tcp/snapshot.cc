// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/snapshot.hh"

#include "shunt/base/assert.hh"
#include "shunt/base/mutant.hh"

namespace shunt::tcp {

std::string_view to_string(SnapshotFault fault) {
    switch (fault) {
        case SnapshotFault::Block:
            return "the control block contradicts itself";
        case SnapshotFault::SendQueue:
            return "the send queue is not as long as snd_queue";
        case SnapshotFault::ReceiveQueue:
            return "the receive queue is not as long as rcv_queue";
        case SnapshotFault::OutOfOrderCount:
            return "the ranges out of order are not ooo_ranges with ooo_bytes";
        case SnapshotFault::OutOfOrderOrder:
            return "ranges out of order overlap, touch or are not in order";
        case SnapshotFault::OutOfOrderWindow:
            return "a range out of order lies outside of the window";
        case SnapshotFault::ScoreboardCount:
            return "the scoreboard has not sack_ranges ranges";
        case SnapshotFault::ScoreboardOrder:
            return "ranges of the scoreboard overlap, touch or are not in order";
        case SnapshotFault::ScoreboardRange:
            return "a range of the scoreboard is not one of what is outstanding";
        case SnapshotFault::FineState:
            return "the fine state has another length than it states";
        case SnapshotFault::Context:
            return "the application context is not as long as it states, or was not announced";
    }
    assertion_failed("fault", "an enumerator is one of its list", __FILE__, __LINE__);
}

std::optional<SnapshotFault> Snapshot::fault() const {
    if (!block.validate()) return SnapshotFault::Block;
    const wire::ControlBlock announced = *block.validate();
    if (announced != block) {
        // A block of another version announces nothing, whatever stands in its fields (TCB-4).
        Snapshot read = *this;
        read.block = announced;
        return read.fault();
    }
    if (send.size() != announced.send_queue) return SnapshotFault::SendQueue;
    if (receive.size() != announced.receive_queue) return SnapshotFault::ReceiveQueue;
    if (!context.empty() && !announced.has(wire::BlockFlag::Context)) return SnapshotFault::Context;
    if (const auto fault = out_of_order_fault()) return fault;
    return scoreboard_fault();
}

std::optional<SnapshotFault> Snapshot::out_of_order_fault() const {
    if (out_of_order.size() != block.out_of_order_ranges) return SnapshotFault::OutOfOrderCount;
    const std::uint32_t window = block.receive_advertised - block.receive_next;
    std::uint64_t end = 0;
    std::uint64_t total = 0;
    for (const OutOfOrderBytes& range : out_of_order) {
        // What touches RCV.NXT is in order, and what touches its neighbour is one with it.
        const bool is_apart = range.offset > end || is_mutant(Mutant::TakesTouchingRanges);
        if (!is_apart || range.bytes.empty()) return SnapshotFault::OutOfOrderOrder;
        end = range.end();
        total += range.bytes.size();
    }
    if (total != block.out_of_order_bytes) return SnapshotFault::OutOfOrderCount;
    const std::uint64_t needed = end + (block.has(wire::BlockFlag::FinOutOfOrder) ? 1 : 0);
    if (needed > window) return SnapshotFault::OutOfOrderWindow;
    return std::nullopt;
}

std::optional<SnapshotFault> Snapshot::scoreboard_fault() const {
    if (scoreboard.size() != block.sack_ranges) return SnapshotFault::ScoreboardCount;
    const std::uint32_t outstanding = block.send_max - block.send_unacknowledged;
    std::optional<std::uint32_t> end;
    for (const wire::SackBlock& range : scoreboard) {
        const std::uint32_t left = range.left - block.send_unacknowledged;
        const std::uint32_t right = range.right - block.send_unacknowledged;
        if (right > outstanding || left >= right) return SnapshotFault::ScoreboardRange;
        if (end && left <= *end) return SnapshotFault::ScoreboardOrder;
        end = right;
    }
    return std::nullopt;
}

}  // namespace shunt::tcp
