// SPDX-License-Identifier: Apache-2.0
// The application's end of one connection: what an endpoint is bound to.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/tcp/state.hh"

namespace shunt::tcp {
class Connection;
}

namespace shunt::stack {

/// Driven by its host whenever the connection has changed, or its own time has come: it reads what
/// has come, queues what it has to say, closes when it is done, and returns. It never blocks and
/// keeps no reference.
class Conversation {
  public:
    virtual ~Conversation() = default;
    virtual void advance(tcp::Connection& connection, Instant now) = 0;
    /// When advance() is to be called though the connection has not changed, later than it was
    /// called last. Nothing: only then.
    virtual std::optional<Instant> wake_at() const { return std::nullopt; }
    /// Its part is done, and what the client says next is for an application of another type: the
    /// host moves the connection there if it can (EP-42). To be asked behind advance(), once: each
    /// time that it is true is a try, and it says when there is to be another (wake_at).
    virtual bool asks_to_leave(Instant) { return false; }
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
