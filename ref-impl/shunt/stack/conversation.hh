// SPDX-License-Identifier: Apache-2.0
// The application's end of one connection: what an endpoint is bound to.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/tcp/state.hh"

namespace shunt::tcp {
class Connection;
}

namespace shunt::stack {

/// Driven by its host whenever the connection has changed: it reads what has come, queues what it
/// has to say, closes when it is done, and returns. It never blocks and keeps no reference.
class Conversation {
  public:
    virtual ~Conversation() = default;
    virtual void advance(tcp::Connection& connection) = 0;
    /// What the connection reports, each event once. It comes behind advance().
    virtual void hear(tcp::Event) {}
    /// What another server's application needs to go on from here with the connection (EP-42); its
    /// queues move beside it. Nothing: this one cannot leave.
    virtual std::optional<std::vector<std::uint8_t>> context() const { return std::nullopt; }
    /// The connection leaves its host, closed or in TIME-WAIT: what of it is unread is here for
    /// the last time. Not called for one that moves away.
    virtual void end(tcp::Connection&&) {}
};

}  // namespace shunt::stack
