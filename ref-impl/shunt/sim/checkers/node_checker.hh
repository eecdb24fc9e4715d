// SPDX-License-Identifier: Apache-2.0
// After every event of a server: the connection that the event was about has one owner in the farm
// (TAB-1, EP-12), its timers run if and only if they must, its queues keep to their bounds, and the
// server wakes up in time for it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/node_host.hh"

namespace shunt::sim {

class NodeChecker final : public FarmChecker {
  public:
    using Nodes = std::vector<std::unique_ptr<NodeHost>>;

    /// The how-manyth node is the how-manyth server of `roles`.
    NodeChecker(const FarmRoles& roles, const Nodes& nodes, ViolationLog& log)
        : roles_(roles), nodes_(nodes), log_(log) {}

    void client_packet_arrived(const ClientPacket& packet) override { touched_ = packet.tuple; }
    void message_arrived(const FarmMessage& message) override { touched_ = message.tuple; }
    void server_settled(const Settling& settling) override;

  private:
    void check_connection(const NodeHost& node, const tcp::Connection& connection,
                          const wire::ConnectionTuple& tuple, const Settling& settling);

    const FarmRoles& roles_;
    const Nodes& nodes_;
    ViolationLog& log_;
    /// Of the frame that has just arrived.
    std::optional<wire::ConnectionTuple> touched_;
};

}  // namespace shunt::sim
