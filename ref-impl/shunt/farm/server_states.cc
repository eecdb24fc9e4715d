// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/server_states.hh"

#include <algorithm>

namespace shunt::farm {

bool ServerState::listens_on(std::uint16_t port) const {
    return std::any_of(listening.begin(), listening.end(),
                       [&](const wire::ListeningSocket& socket) { return socket.port == port; });
}

void ServerStates::learn(ServerId server, const wire::ServerStateView& view, Instant now) {
    Row& row = rows_[server];
    row.heard = now;
    row.state.load = view.load();
    row.state.listening.clear();
    row.state.applications.clear();
    const std::size_t listening = std::min(view.listening_count(), kRowsMax);
    const std::size_t applications = std::min(view.application_count(), kRowsMax);
    for (std::size_t i = 0; i < listening; ++i)
        row.state.listening.push_back(view.listening(i));
    for (std::size_t i = 0; i < applications; ++i)
        row.state.applications.push_back(view.application(i));
    counters_.add(Counter::DropServerStateRows, view.listening_count() - listening);
    counters_.add(Counter::DropServerStateRows, view.application_count() - applications);
}

const ServerState* ServerStates::find(ServerId server, Instant now) const {
    const auto found = rows_.find(server);
    if (found == rows_.end() || found->second.heard + kStateLife <= now) return nullptr;
    return &found->second.state;
}

}  // namespace shunt::farm
