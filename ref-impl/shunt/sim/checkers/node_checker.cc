// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/node_checker.hh"

#include <fmt/format.h>

#include <utility>

#include "shunt/sim/checkers/connection_checker.hh"

namespace shunt::sim {

void NodeChecker::server_settled(const Settling& settling) {
    const auto touched = std::exchange(touched_, std::nullopt);
    if (!touched) return;
    const NodeHost* owner = nullptr;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const NodeHost& node = *nodes_[i];
        if (node.is_down()) continue;
        const tcp::Connection* connection = node.owned_connection(*touched);
        if (connection == nullptr) continue;
        if (owner != nullptr) {
            log_.add(settling.time, "EP-12",
                     fmt::format("{} owns {}, and so does {}", owner->node().self().name,
                                 touched->to_string(), node.node().self().name));
        }
        owner = &node;
        if (roles_.servers[i].host == settling.host)
            check_connection(node, *connection, *touched, settling);
    }
}

void NodeChecker::check_connection(const NodeHost& node, const tcp::Connection& connection,
                                   const wire::ConnectionTuple& tuple, const Settling& settling) {
    const tcp::Config& config = node.node().tcp_config();
    for (const auto& finding :
         {check_timers(connection, settling.host_time), check_queues(connection, config)}) {
        if (!finding) continue;
        log_.add(
            settling.time, finding->rule,
            fmt::format("{} of {}: {}", tuple.to_string(), node.node().self().name, finding->text));
    }
    const auto wanted = connection.poll_deadline();
    const auto planned = node.poll_deadline();
    if (wanted && (!planned || *planned > *wanted)) {
        log_.add(settling.time, "timers",
                 fmt::format("{} sleeps through a deadline of {}", node.node().self().name,
                             tuple.to_string()));
    }
}

}  // namespace shunt::sim
