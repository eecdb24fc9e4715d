// SPDX-License-Identifier: Apache-2.0
// The farm as the receiver of each client's stream, whichever server acts for it: what it
// acknowledges has come to one of them, and the window that it shows does not shrink by a move.
#pragma once

#include <absl/container/flat_hash_map.h>

#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/sim/checkers/receiver_view.hh"
#include "shunt/sim/checkers/violation.hh"

namespace shunt::sim {

class FarmReceivers final : public FarmChecker {
  public:
    explicit FarmReceivers(ViolationLog& log) : log_(log) {}

    void client_packet_arrived(const ClientPacket& packet) override;
    /// What a home forwards has come too: damage on the back link can undo damage on the front.
    void message_arrived(const FarmMessage& message) override;
    void server_sent(const ServerSegment& segment) override;
    /// A server that begins anew may promise less; such a connection is not judged any more.
    void orphaned(const wire::ConnectionTuple& tuple) override;

  private:
    struct Receiver {
        ReceiverView view;
        bool is_orphan = false;
    };

    ViolationLog& log_;
    absl::flat_hash_map<wire::ConnectionTuple, Receiver, TupleHash> receivers_;
};

}  // namespace shunt::sim
