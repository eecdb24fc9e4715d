// SPDX-License-Identifier: Apache-2.0
// UDP flows of one service, sent to other servers again and again by an operator, while links lose,
// repeat and reorder and servers crash (EP-50 to EP-52). Safety: nobody hears what he has not
// asked for. Then liveness: the faults end, the flows too, and each thing said is answered once.
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

ScenarioResult flow_faults_extended(const ScenarioOptions& options);
ScenarioResult flow_faults_base(const ScenarioOptions& options);

}  // namespace shunt::sim
