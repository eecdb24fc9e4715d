// SPDX-License-Identifier: Apache-2.0
// Connections that wait for a place at their backends, a line for each listener, first come first
// served: one is asked for on behalf of all, so that many that wait cost no more than one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/node/streams.hh"

namespace shunt::app {

class WaitingLines {
  public:
    /// A place in a line; later ones have higher numbers.
    using Ticket = std::uint64_t;

    /// Whether somebody waits at that listener: who comes now stands behind them.
    bool has_line(const farm::Listen& listen) const;
    /// To the end of the listener's line; one that begins is due at `first`. The listener outlives
    /// its line.
    Ticket join(const farm::Listen& listen, node::StreamId id, Instant first);
    /// Whoever has that ticket waits no more.
    void leave(const farm::Listen& listen, Ticket ticket);
    void clear() { lines_.clear(); }

    struct First {
        const farm::Listen* listen = nullptr;
        node::StreamId id;
    };
    /// The first of a line that is due.
    std::optional<First> find_due(Instant now) const;
    /// The backend had no place: the listener's line is due again at `again`.
    void put_off(const farm::Listen& listen, Instant again);
    /// When find_due() is next needed.
    std::optional<Instant> poll_deadline() const;

  private:
    struct Line {
        const farm::Listen* listen = nullptr;
        std::map<Ticket, node::StreamId> waiting;  // never empty
        Instant due;
    };

    std::vector<Line>::iterator find(const farm::Listen& listen);

    std::vector<Line> lines_;
    Ticket next_ = 0;
};

}  // namespace shunt::app
