// SPDX-License-Identifier: Apache-2.0
// Connections whose application here has done its part, and that an application of another type has
// to go on with (EP-42): at a server that they have moved to, at their home (EP-45, S000 c57); at
// their home, at the best server that reads requests.
#include <algorithm>

#include "shunt/node/node.hh"

namespace shunt::node {

/// A try that comes to nothing is the application's to repeat.
void Node::pass_on(Slot slot, Instant now) {
    const migrate::Record& record = tables_.at(slot);
    std::optional<farm::ServerId> to;
    if (const auto* moved_in = record.as<migrate::ForwardConnectEndpoint>()) {
        to = moved_in->home;
    } else {
        const auto candidates =
            candidates_for(record.tuple.service_port, record.tuple.protocol, now);
        const auto other =
            std::ranges::find_if(candidates, [&](const auto& one) { return one.id != self_.id; });
        if (other != candidates.end()) to = other->id;
    }
    if (!to || !begin_move(slot, *to, now)) return counters_.add(Counter::PassingFailed);
    counters_.add(Counter::PassingStarted);
}

}  // namespace shunt::node
