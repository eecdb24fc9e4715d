// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/endpoint/movable.hh"

#include <utility>

#include "shunt/base/assert.hh"
#include "shunt/migrate/endpoint/imports.hh"

namespace shunt::migrate::endpoint {

std::optional<MoveRefusal> refusal_in_use(const tcp::Connection& connection,
                                          const stack::Conversation* conversation,
                                          std::uint32_t queues_max, Instant now) {
    if (!tcp::can_move(connection.state())) return MoveRefusal::Over;
    const auto context = conversation != nullptr ? conversation->context() : std::nullopt;
    if (!context || context->size() > Imports::kContextMax) return MoveRefusal::Bound;
    const wire::ControlBlock block = connection.export_block(0, now);
    const std::uint64_t queued =
        std::uint64_t{block.send_queue} + block.receive_queue + block.out_of_order_bytes;
    if (queued > queues_max) return MoveRefusal::QueuesTooLong;
    return std::nullopt;
}

void prepare_for_next_time(tcp::Connection& connection, std::uint32_t queues_max,
                           MoveRefusal reason) {
    // Less than may move: between two looks at it more comes from the peer.
    if (reason == MoveRefusal::QueuesTooLong) connection.limit_queues(queues_max - queues_max / 8);
}

tcp::Snapshot snapshot_in_use(const tcp::Connection& connection,
                              const stack::Conversation& conversation, std::uint32_t epoch,
                              Instant now) {
    tcp::Snapshot snapshot = connection.export_snapshot(epoch, now);
    auto context = conversation.context();
    SHUNT_ASSERT(context.has_value(), "what cannot move was refused");
    snapshot.block.set(wire::BlockFlag::Context);
    snapshot.context = std::move(*context);
    return snapshot;
}

}  // namespace shunt::migrate::endpoint
