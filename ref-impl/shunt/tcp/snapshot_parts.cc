// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/snapshot_parts.hh"

#include <algorithm>
#include <array>
#include <limits>

#include "shunt/base/assert.hh"
#include "shunt/wire/sack_edges.hh"

namespace shunt::tcp {
namespace {

using wire::EndpointQueue;

constexpr std::size_t kContextHeadSize = 4;
constexpr std::uint32_t kToTheEnd = std::numeric_limits<std::uint32_t>::max();

bool counts_ranges(EndpointQueue queue) {
    return queue == EndpointQueue::SackScoreboard;
}

std::uint32_t length_of(const std::vector<std::uint8_t>& bytes) {
    return static_cast<std::uint32_t>(bytes.size());
}

/// Cuts [begin, end) of what lies in `wanted` into parts.
void cut(const QueuePart& wanted, std::uint64_t begin, std::uint64_t end, std::size_t length_max,
         std::vector<QueuePart>& parts) {
    begin = std::max<std::uint64_t>(begin, wanted.offset);
    end = std::min(end, std::uint64_t{wanted.offset} + wanted.length);
    while (begin < end) {
        const std::uint64_t length = std::min<std::uint64_t>(end - begin, length_max);
        parts.push_back({.queue = wanted.queue,
                         .offset = static_cast<std::uint32_t>(begin),
                         .length = static_cast<std::uint32_t>(length)});
        begin += length;
    }
}

void append_parts(const Snapshot& snapshot, const QueuePart& wanted, std::size_t size_max,
                  std::vector<QueuePart>& parts) {
    switch (wanted.queue) {
        case EndpointQueue::Send:
            return cut(wanted, 0, snapshot.send.size(), size_max, parts);
        case EndpointQueue::Receive:
            return cut(wanted, 0, snapshot.receive.size(), size_max, parts);
        case EndpointQueue::OutOfOrder:
            for (const OutOfOrderBytes& range : snapshot.out_of_order)
                cut(wanted, range.offset, range.end(), size_max, parts);
            return;
        case EndpointQueue::SackScoreboard:
            return cut(wanted, 0, snapshot.scoreboard.size(), size_max / wire::kSackEdgesSize,
                       parts);
        case EndpointQueue::FineState:
            // It goes in one piece: half of it says nothing.
            if (snapshot.fine && wanted.length > 0) {
                parts.push_back({.queue = wanted.queue,
                                 .offset = 0,
                                 .length = static_cast<std::uint32_t>(snapshot.fine->size())});
            }
            return;
        case EndpointQueue::ApplicationContext:
            if (!snapshot.block.has(wire::BlockFlag::Context)) return;
            return cut(wanted, 0, kContextHeadSize + snapshot.context.size(), size_max, parts);
    }
}

void copy_out_of_order(const Snapshot& snapshot, std::uint32_t offset, MutableBytes out) {
    for (const OutOfOrderBytes& range : snapshot.out_of_order) {
        if (offset < range.offset || offset >= range.end()) continue;
        const ByteView from = ByteView(range.bytes).subspan(offset - range.offset, out.size());
        std::copy(from.begin(), from.end(), out.begin());
        return;
    }
    assertion_failed("part", "a part out of order lies in one range", __FILE__, __LINE__);
}

void copy_context(const Snapshot& snapshot, std::size_t offset, MutableBytes out) {
    std::array<std::uint8_t, kContextHeadSize> head{};
    store_u32(head, 0, length_of(snapshot.context));
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t at = offset + i;
        out[i] = at < head.size() ? head[at] : snapshot.context[at - head.size()];
    }
}

}  // namespace

std::vector<QueuePart> parts_of(const Snapshot& snapshot, std::size_t size_max) {
    std::vector<QueuePart> parts;
    for (const EndpointQueue queue : kQueueOrder)
        append_parts(snapshot, {.queue = queue, .offset = 0, .length = kToTheEnd}, size_max, parts);
    return parts;
}

std::vector<QueuePart> parts_of(const Snapshot& snapshot, const QueuePart& wanted,
                                std::size_t size_max) {
    std::vector<QueuePart> parts;
    append_parts(snapshot, wanted, size_max, parts);
    return parts;
}

std::size_t byte_count(const QueuePart& part) {
    return part.length * (counts_ranges(part.queue) ? wire::kSackEdgesSize : std::size_t{1});
}

void copy_part(const Snapshot& snapshot, const QueuePart& part, MutableBytes out) {
    SHUNT_ASSERT(out.size() == byte_count(part), "the room is as long as the part");
    const auto copy_from = [&](const std::vector<std::uint8_t>& bytes) {
        const ByteView from = ByteView(bytes).subspan(part.offset, part.length);
        std::copy(from.begin(), from.end(), out.begin());
    };
    switch (part.queue) {
        case EndpointQueue::Send:
            return copy_from(snapshot.send);
        case EndpointQueue::Receive:
            return copy_from(snapshot.receive);
        case EndpointQueue::OutOfOrder:
            return copy_out_of_order(snapshot, part.offset, out);
        case EndpointQueue::SackScoreboard:
            for (std::size_t i = 0; i < part.length; ++i)
                wire::store_sack_edges(out, i * wire::kSackEdgesSize,
                                       snapshot.scoreboard[part.offset + i]);
            return;
        case EndpointQueue::FineState:
            return snapshot.fine->store(out);
        case EndpointQueue::ApplicationContext:
            return copy_context(snapshot, part.offset, out);
    }
}

}  // namespace shunt::tcp
