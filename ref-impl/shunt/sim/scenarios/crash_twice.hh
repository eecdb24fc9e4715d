// SPDX-License-Identifier: Apache-2.0
// A script of sim/crash, drawn, in which servers crash at two of its steps, or the same one twice.
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

ScenarioResult crash_twice(const ScenarioOptions& options);
/// Of scripts whose connections move as blobs; a server may also lose its channels alone.
ScenarioResult blobs_crash_twice(const ScenarioOptions& options);

}  // namespace shunt::sim
