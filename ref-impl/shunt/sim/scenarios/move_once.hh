// SPDX-License-Identifier: Apache-2.0
// Many clients of s1 ask for what s2 serves: each connection moves once, before it is bound, while
// both links lose, repeat and reorder frames (EP-1..EP-28, EP-48).
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

ScenarioResult move_once_extended(const ScenarioOptions& options);
ScenarioResult move_once_base(const ScenarioOptions& options);

}  // namespace shunt::sim
