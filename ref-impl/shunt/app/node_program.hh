// SPDX-License-Identifier: Apache-2.0
// shunt-node from its options to its exit code.
#pragma once

#include "shunt/app/node_options.hh"

namespace shunt::app {

/// Exit codes of docs/interfaces.md.
inline constexpr int kExitOk = 0;
inline constexpr int kExitSetup = 2;       // usage, configuration, privilege
inline constexpr int kExitDeviceLost = 3;  // what the node stands on has gone
inline constexpr int kExitInterrupted = 130;

/// Serves until it is interrupted. Complaints go to stderr, the ready event to stdout.
int run_node(const NodeOptions& options);

}  // namespace shunt::app
