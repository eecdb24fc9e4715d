// SPDX-License-Identifier: Apache-2.0
// A farm of three whose control channels are lost for longer than EP-33's times: cuts in one
// direction or both, servers that pause, crash, restart, clocks that jump. No two servers act for
// one connection, nobody acts for a client that was reset, and when all is whole again new
// connections are served.
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

ScenarioResult channels(const ScenarioOptions& options);
/// The same where connections move as blobs.
ScenarioResult blobs_channels(const ScenarioOptions& options);

}  // namespace shunt::sim
