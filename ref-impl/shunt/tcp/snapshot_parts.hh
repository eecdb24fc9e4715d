// SPDX-License-Identifier: Apache-2.0
// The queues of a snapshot as bytes, cut into parts: a part is what one 0x12 frame carries, or,
// uncut, a section of a blob (docs/protocol/endpoint.md, the queues of 0x12).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/tcp/snapshot.hh"
#include "shunt/wire/missing_ranges.hh"

namespace shunt::tcp {

/// In queue 4 offset and length count ranges, elsewhere bytes. 0x15 asks for such parts.
using QueuePart = wire::MissingRange;

/// The order in which queues are best sent: the fine state, which no block announces, before what
/// ends the import.
inline constexpr std::array kQueueOrder{
    wire::EndpointQueue::FineState,      wire::EndpointQueue::Receive,
    wire::EndpointQueue::Send,           wire::EndpointQueue::OutOfOrder,
    wire::EndpointQueue::SackScoreboard, wire::EndpointQueue::ApplicationContext};

/// All of the snapshot in parts of at most `size_max` bytes (8 at least), in the order of
/// kQueueOrder.
std::vector<QueuePart> parts_of(const Snapshot& snapshot, std::size_t size_max);
/// What the snapshot has of `wanted`, likewise.
std::vector<QueuePart> parts_of(const Snapshot& snapshot, const QueuePart& wanted,
                                std::size_t size_max);

/// Bytes of a part.
std::size_t byte_count(const QueuePart& part);
/// Writes byte_count() bytes of a part that parts_of() has named.
void copy_part(const Snapshot& snapshot, const QueuePart& part, MutableBytes out);

}  // namespace shunt::tcp
