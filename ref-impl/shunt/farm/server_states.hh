// SPDX-License-Identifier: Apache-2.0
// The tables Server State, Listening Sockets and Application Information: what the other servers
// have said of themselves, and for how long that counts (SEL-6, TAB-2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/wire/server_state.hh"

namespace shunt::farm {

/// How often a server tells its state without a change (SEL-6).
inline constexpr Duration kStatePeriod = Duration::seconds(1);
/// The shortest pause between two states, however much changes.
inline constexpr Duration kStatePauseMin = Duration::milliseconds(100);
/// Rows of a server that has missed three periods are not used any more (SEL-6).
inline constexpr Duration kStateLife = kStatePeriod * 3;

/// All rows of one server.
struct ServerState {
    wire::ServerLoad load;
    std::vector<wire::ListeningSocket> listening;
    std::vector<wire::ApplicationLoad> applications;

    /// True if an application of the server listens on the port, on whatever address.
    bool listens_on(std::uint16_t port) const;
    bool operator==(const ServerState&) const = default;
};

class ServerStates {
  public:
    /// Rows of one server in each of the two tables; more are dropped (TAB-2).
    static constexpr std::size_t kRowsMax = 1'024;

    explicit ServerStates(Counters& counters) : counters_(counters) {}

    void learn(ServerId server, const wire::ServerStateView& view, Instant now);
    void forget(ServerId server) { rows_.erase(server); }
    /// Null if the server has not told its state within kStateLife.
    const ServerState* find(ServerId server, Instant now) const;

  private:
    struct Row {
        ServerState state;
        Instant heard;
    };
    Counters& counters_;
    std::map<ServerId, Row> rows_;
};

}  // namespace shunt::farm
