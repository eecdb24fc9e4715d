// SPDX-License-Identifier: Apache-2.0
// shunt-node from its options to its exit code.
#pragma once

#include "shunt/app/node_options.hh"

namespace shunt::app {

/// Serves until it is interrupted. Complaints go to stderr, the ready event to stdout. Returns the
/// exit code.
int run_node(const NodeOptions& options);

}  // namespace shunt::app
