// SPDX-License-Identifier: Apache-2.0
// Two TCP engines and one link. The seed chooses what is sent, over what, with which options, and
// what befalls link and hosts; safety is demanded all the time, and that everything arrives once
// the faults have ended.
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

ScenarioResult tcp_pair(const ScenarioOptions& options);

}  // namespace shunt::sim
