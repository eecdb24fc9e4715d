// SPDX-License-Identifier: Apache-2.0
// What an endpoint in use has to be to move, from its home or back to it, and what of it moves
// (docs/protocol/endpoint.md, EP-40 to EP-42, EP-49; TCP-15).
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/migrate/endpoint/move_refusal.hh"
#include "shunt/stack/conversation.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::migrate::endpoint {

/// Why it does not move; `conversation`: its application, there is one; `queues_max`: bytes of all
/// its queues together.
std::optional<MoveRefusal> refusal_in_use(const tcp::Connection& connection,
                                          const stack::Conversation* conversation,
                                          std::uint32_t queues_max, Instant now);

/// It was asked to move and does not for that reason. Where its queues are too long the application
/// fills them less from now on, so that it moves when it is asked again (EP-41).
void prepare_for_next_time(tcp::Connection& connection, std::uint32_t queues_max,
                           MoveRefusal reason);

/// The connection with its application's context; it does move.
tcp::Snapshot snapshot_in_use(const tcp::Connection& connection,
                              const stack::Conversation& conversation, std::uint32_t epoch,
                              Instant now);

}  // namespace shunt::migrate::endpoint
