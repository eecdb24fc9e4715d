// SPDX-License-Identifier: Apache-2.0
// Connections that move in mid-use, away, back and on, over three servers (EP-40 to EP-49).
#pragma once

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::sim {

/// On links without a defect, where no move may cost a retransmission timeout (EP-49).
ScenarioResult move_in_use(const ScenarioOptions& options);
/// While links lose, repeat, reorder, stop, and servers pause, crash, restart.
ScenarioResult move_in_use_faults(const ScenarioOptions& options);
/// One connection, 1,000 times (or `connections` times), during downloads and uploads.
ScenarioResult move_again(const ScenarioOptions& options);

/// The same three in a farm whose connections move as blobs (docs/protocol/blob.md).
ScenarioResult blobs(const ScenarioOptions& options);
ScenarioResult blobs_faults(const ScenarioOptions& options);
ScenarioResult blobs_again(const ScenarioOptions& options);

}  // namespace shunt::sim
