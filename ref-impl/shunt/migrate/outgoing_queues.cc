// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/outgoing_queues.hh"

#include <algorithm>
#include <limits>
#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::migrate {
namespace {

/// Ranges are not cut before they are sent.
constexpr std::size_t kWhole = std::numeric_limits<std::uint32_t>::max();

std::size_t index_of(wire::EndpointQueue queue) {
    const auto* const found = std::ranges::find(tcp::kQueueOrder, queue);
    return static_cast<std::size_t>(found - tcp::kQueueOrder.begin());
}

}  // namespace

OutgoingQueues::OutgoingQueues(tcp::Snapshot snapshot) : snapshot_(std::move(snapshot)) {
    for (const wire::EndpointQueue queue : tcp::kQueueOrder)
        ask({.queue = queue, .offset = 0, .length = std::numeric_limits<std::uint32_t>::max()});
}

bool OutgoingQueues::has_more() const {
    return std::ranges::any_of(unsent_, [](const IntervalSet& of) { return !of.empty(); });
}

tcp::QueuePart OutgoingQueues::next(std::size_t size_max) {
    for (const wire::EndpointQueue queue : tcp::kQueueOrder) {
        IntervalSet& unsent = unsent_.at(index_of(queue));
        if (unsent.empty()) continue;
        const Interval front = unsent[0];
        const std::size_t unit = tcp::byte_count({.queue = queue, .length = 1});
        const bool is_whole = queue == wire::EndpointQueue::FineState;
        const std::uint64_t length =
            is_whole ? front.size() : std::min<std::uint64_t>(front.size(), size_max / unit);
        unsent.erase_below(front.begin + length);
        return {.queue = queue,
                .offset = static_cast<std::uint32_t>(front.begin),
                .length = static_cast<std::uint32_t>(length)};
    }
    assertion_failed("has_more()", "callers ask whether there is a part", __FILE__, __LINE__);
}

void OutgoingQueues::ask(const tcp::QueuePart& wanted) {
    for (const tcp::QueuePart& part : tcp::parts_of(snapshot_, wanted, kWhole))
        unsent_.at(index_of(part.queue))
            .insert({part.offset, std::uint64_t{part.offset} + part.length});
}

}  // namespace shunt::migrate
