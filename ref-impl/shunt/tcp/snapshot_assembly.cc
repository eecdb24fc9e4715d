// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/snapshot_assembly.hh"

#include <algorithm>

#include "shunt/base/assert.hh"
#include "shunt/wire/sack_edges.hh"

namespace shunt::tcp {
namespace {

using wire::EndpointQueue;

constexpr std::size_t kContextHeadSize = 4;
using wire::kSackEdgesSize;

std::optional<SnapshotFault> fault_unless(bool is_right, SnapshotFault fault) {
    return is_right ? std::nullopt : std::optional(fault);
}

}  // namespace

SnapshotAssembly::SnapshotAssembly(const wire::ControlBlock& block, std::size_t context_max)
    : block_(block),
      send_(block.send_queue),
      receive_(block.receive_queue),
      out_of_order_(block.out_of_order_ranges > 0 ? block.receive_advertised - block.receive_next
                                                  : 0),
      scoreboard_(block.sack_ranges * std::uint64_t{kSackEdgesSize}),
      context_(block.has(wire::BlockFlag::Context) ? kContextHeadSize + context_max : 0) {}

std::optional<SnapshotFault> SnapshotAssembly::add(EndpointQueue queue, std::uint32_t offset,
                                                   ByteView bytes) {
    switch (queue) {
        case EndpointQueue::Send:
            return fault_unless(send_.add(offset, bytes), SnapshotFault::SendQueue);
        case EndpointQueue::Receive:
            return fault_unless(receive_.add(offset, bytes), SnapshotFault::ReceiveQueue);
        case EndpointQueue::OutOfOrder:
            if (!out_of_order_.add(offset, bytes)) return SnapshotFault::OutOfOrderWindow;
            return out_of_order_fault();
        case EndpointQueue::SackScoreboard: {
            const bool is_whole = bytes.size() % kSackEdgesSize == 0;
            const std::uint64_t at = offset * std::uint64_t{kSackEdgesSize};
            return fault_unless(is_whole && scoreboard_.add(at, bytes),
                                SnapshotFault::ScoreboardCount);
        }
        case EndpointQueue::FineState: {
            const auto fine = wire::FineState::parse(bytes);
            if (!fine || offset != 0) return SnapshotFault::FineState;
            if (!fine_) fine_ = fine;
            return std::nullopt;
        }
        case EndpointQueue::ApplicationContext: {
            if (!context_.add(offset, bytes)) return SnapshotFault::Context;
            return context_fault();
        }
    }
    return std::nullopt;
}

std::optional<SnapshotFault> SnapshotAssembly::out_of_order_fault() const {
    const std::uint64_t total = out_of_order_.there().total();
    const bool has_all = total == block_.out_of_order_bytes;
    const bool is_right = total < block_.out_of_order_bytes ||
                          (has_all && out_of_order_.there().count() == block_.out_of_order_ranges);
    return fault_unless(is_right, SnapshotFault::OutOfOrderCount);
}

std::optional<SnapshotFault> SnapshotAssembly::context_fault() const {
    if (!context_.has_all(kContextHeadSize)) return std::nullopt;
    const std::uint64_t end = context_.there()[context_.there().count() - 1].end;
    return fault_unless(end <= context_size() && context_size() <= context_.size_max(),
                        SnapshotFault::Context);
}

bool SnapshotAssembly::is_out_of_order_complete() const {
    return out_of_order_.there().total() == block_.out_of_order_bytes;
}

std::uint64_t SnapshotAssembly::context_size() const {
    if (!context_.has_all(kContextHeadSize)) return kContextHeadSize;
    return kContextHeadSize + std::uint64_t{load_u32(context_.bytes({0, kContextHeadSize}), 0)};
}

bool SnapshotAssembly::is_context_complete() const {
    if (!block_.has(wire::BlockFlag::Context)) return true;
    return context_.has_all(context_size());
}

bool SnapshotAssembly::is_complete() const {
    return send_.has_all(block_.send_queue) && receive_.has_all(block_.receive_queue) &&
           is_out_of_order_complete() &&
           scoreboard_.has_all(block_.sack_ranges * std::uint64_t{kSackEdgesSize}) &&
           is_context_complete();
}

std::vector<QueuePart> SnapshotAssembly::missing(std::size_t count_max) const {
    std::vector<QueuePart> parts;
    const auto find = [&](EndpointQueue queue, const QueueAssembly& from, std::uint64_t size,
                          std::size_t unit) {
        from.there().for_each_gap({0, size}, [&](Interval gap) {
            if (parts.size() == count_max) return;
            parts.push_back({.queue = queue,
                             .offset = static_cast<std::uint32_t>(gap.begin / unit),
                             .length = static_cast<std::uint32_t>(gap.size() / unit)});
        });
    };
    find(EndpointQueue::Receive, receive_, block_.receive_queue, 1);
    find(EndpointQueue::Send, send_, block_.send_queue, 1);
    if (!is_out_of_order_complete()) {
        const std::uint32_t window = block_.receive_advertised - block_.receive_next;
        find(EndpointQueue::OutOfOrder, out_of_order_, window, 1);
    }
    find(EndpointQueue::SackScoreboard, scoreboard_,
         block_.sack_ranges * std::uint64_t{kSackEdgesSize}, kSackEdgesSize);
    if (!is_context_complete()) {
        // Its length is in front of it: where that has not come it is as long as it may be.
        const bool is_length_known = context_.has_all(kContextHeadSize);
        find(EndpointQueue::ApplicationContext, context_,
             is_length_known ? context_size() : context_.size_max(), 1);
    }
    return parts;
}

Snapshot SnapshotAssembly::take() {
    SHUNT_ASSERT(is_complete(), "only the whole is taken");
    Snapshot snapshot;
    snapshot.block = block_;
    snapshot.send = send_.take();
    snapshot.receive = receive_.take();
    for (const Interval& range : out_of_order_.there()) {
        const ByteView bytes = out_of_order_.bytes(range);
        snapshot.out_of_order.push_back({.offset = static_cast<std::uint32_t>(range.begin),
                                         .bytes = {bytes.begin(), bytes.end()}});
    }
    const std::vector<std::uint8_t> edges = scoreboard_.take();
    for (std::size_t at = 0; at < edges.size(); at += kSackEdgesSize)
        snapshot.scoreboard.push_back(wire::load_sack_edges(edges, at));
    snapshot.fine = fine_;
    if (block_.has(wire::BlockFlag::Context)) {
        const ByteView bytes = context_.bytes({kContextHeadSize, context_size()});
        snapshot.context.assign(bytes.begin(), bytes.end());
    }
    return snapshot;
}

}  // namespace shunt::tcp
