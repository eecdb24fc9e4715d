// SPDX-License-Identifier: Apache-2.0
// What moves beside the control block of an endpoint in use, and what of it is still to be sent
// (docs/protocol/endpoint.md, EP-41).
#pragma once

#include <array>
#include <cstddef>

#include "shunt/base/bytes.hh"
#include "shunt/base/interval_set.hh"
#include "shunt/tcp/snapshot.hh"
#include "shunt/tcp/snapshot_parts.hh"

namespace shunt::migrate {

class OutgoingQueues {
  public:
    /// All of the snapshot is to be sent.
    explicit OutgoingQueues(tcp::Snapshot snapshot);

    bool has_more() const;
    /// The next part, `size_max` bytes at most (8 at least; the fine state goes whole), which
    /// counts as sent. There is one.
    tcp::QueuePart next(std::size_t size_max);
    void copy(const tcp::QueuePart& part, MutableBytes out) const {
        tcp::copy_part(snapshot_, part, out);
    }
    /// What there is of `wanted` is to be sent again.
    void ask(const tcp::QueuePart& wanted);
    /// Nobody can ask for it, because no block announces it: it goes with each 0x01.
    void ask_fine_state() { ask({.queue = wire::EndpointQueue::FineState, .length = 1}); }

  private:
    tcp::Snapshot snapshot_;
    std::array<IntervalSet, tcp::kQueueOrder.size()> unsent_;  // in that order
};

}  // namespace shunt::migrate
