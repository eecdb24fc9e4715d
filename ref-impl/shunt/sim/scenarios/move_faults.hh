// SPDX-License-Identifier: Apache-2.0
// A farm of three under everything that can befall it, each connection with one move. Safety while
// the faults last: whatever the checkers know is demanded at every frame. Then liveness: the faults
// end, and every client gets all that it asked for, or, if a crash took the state of its
// connection, a clean end (SEC-9, EP-48).
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

ScenarioResult move_faults_extended(const ScenarioOptions& options);
ScenarioResult move_faults_base(const ScenarioOptions& options);

}  // namespace shunt::sim
