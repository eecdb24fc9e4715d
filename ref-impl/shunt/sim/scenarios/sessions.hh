// SPDX-License-Identifier: Apache-2.0
// Clients that come back, each time to another server, and find the one that keeps their session
// (SES-1 to SES-5).
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

/// 1,000 clients with a cookie jar each (or `connections`) ask ten times; one of four servers
/// crashes between two of the rounds and comes back later. Odd seeds lose nothing on the links, and
/// there every request has to be answered by whoever keeps its session.
ScenarioResult sessions(const ScenarioOptions& options);

}  // namespace shunt::sim
