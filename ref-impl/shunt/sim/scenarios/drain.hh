// SPDX-License-Identifier: Apache-2.0
// Servers that part with all their connections while those download, one server after the other
// (EP-43).
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

/// The home of 1,000 connections (or `connections`) drains, then one that they have gone to.
ScenarioResult drain(const ScenarioOptions& options);
/// Drains begin and end at times drawn, while links lose, repeat, stop, and servers pause, crash,
/// restart; when all is healed one more has to come to its end.
ScenarioResult drain_faults(const ScenarioOptions& options);

}  // namespace shunt::sim
