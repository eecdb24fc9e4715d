// SPDX-License-Identifier: Apache-2.0
// The application's end of one connection: what an endpoint is bound to.
#pragma once

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
};

}  // namespace shunt::stack
