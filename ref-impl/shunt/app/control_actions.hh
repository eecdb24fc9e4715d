// SPDX-License-Identifier: Apache-2.0
// The verbs that change something: connections, listeners, the node itself (docs/interfaces.md).
#pragma once

#include "shunt/app/node_request.hh"

namespace shunt::app {

/// Moves a connection or flow to another server.
Outcome migrate(const NodeRequest& request);
/// Begins or stops to move everything away, or only says how far that has come.
Outcome drain(const NodeRequest& request);
/// Opens or closes a listener of this server, as long as the program runs.
Outcome listen(const NodeRequest& request);
/// A fresh device with the same chance.
Outcome reset(const NodeRequest& request);
/// As after a crash: everything is forgotten, and what is drawn by chance is another.
Outcome restart(const NodeRequest& request);
/// The program ends at once; nobody is told, nothing is cleaned up, no answer is given.
Outcome kill(const NodeRequest& request);
/// Sets which lines are logged, or only says it.
Outcome log_level(const NodeRequest& request);

}  // namespace shunt::app
