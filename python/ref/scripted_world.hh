// SPDX-License-Identifier: Apache-2.0
// A farm in virtual time that a script steers: planned clients, connections of its own, and the
// checkers that watch everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "shunt/sim/client/scripted_client.hh"
#include "shunt/sim/scenarios/farm_world.hh"

namespace shunt::python {

using sim::ScriptedClient;

class ScriptedWorld {
  public:
    /// Virtual time ends here, so that no instant overflows.
    static constexpr Instant kEnd = Instant::from_nanoseconds(1'000'000'000'000'000'000);

    /// `config.farm` is valid (farm/validation.hh) and has no guests.
    explicit ScriptedWorld(sim::FarmWorldConfig config);

    Instant now() { return farm_.world().now(); }
    /// Until `is_enough`, or for `span`; false: it never was enough. Time that passes without
    /// events passes too, unless nothing is left to happen.
    bool run_for(Duration span, const std::function<bool()>& is_enough);

    const ScriptedClient& client() const { return client_; }
    /// A call of an application's verb, after which the client sends what it has to send.
    void call(const std::function<void(ScriptedClient&, Instant)>& verb);

    node::Node& node(std::size_t index) { return farm_.node(index).node(); }
    /// Like call(), of the server's control socket.
    void call_node(std::size_t index, const std::function<void(node::Node&, Instant)>& verb);

    /// True if every client with a plan has what it wants.
    bool is_plan_finished() const { return farm_.client().is_finished(); }
    /// What both links have lost so far.
    std::uint64_t lost_frames() const;
    sim::ScenarioResult result() const { return farm_.result(); }

  private:
    ScriptedClient client_;
    sim::FarmWorld farm_;
};

}  // namespace shunt::python
