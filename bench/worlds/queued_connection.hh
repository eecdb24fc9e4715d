// SPDX-License-Identifier: Apache-2.0
// One established connection that moves: half of what is queued waits to be read, half to be sent.
#pragma once

#include <cstddef>

#include "bench/worlds/receiving_connection.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/wire/blob.hh"

namespace shunt::bench {

class QueuedConnection {
  public:
    explicit QueuedConnection(std::size_t queued);

    /// As a forwarder would name it.
    wire::BlobMapping mapping() const;
    const tcp::Connection& connection() const { return connection_; }
    const tcp::Config& config() const { return world_.config(); }
    Instant now() const { return world_.now(); }

  private:
    tcp::Connection filled(std::size_t queued) const;

    ReceivingConnection world_;
    tcp::Connection connection_;
};

}  // namespace shunt::bench
