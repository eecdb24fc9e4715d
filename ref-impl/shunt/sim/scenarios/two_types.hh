// SPDX-License-Identifier: Apache-2.0
// A farm of applications of two types (S000 c38): responses move in mid-use from servers that read
// requests to one that does not, and their connections go home by themselves when they are over.
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

ScenarioResult two_types(const ScenarioOptions& options);
ScenarioResult two_types_faults(const ScenarioOptions& options);

}  // namespace shunt::sim
