// SPDX-License-Identifier: Apache-2.0
// The verbs that only look: what a node is, holds and has counted (TAB-3, docs/interfaces.md).
#pragma once

#include "shunt/app/node_request.hh"

namespace shunt::app {

Outcome say_hello(const NodeRequest& request);
Outcome report_tables(const NodeRequest& request);
Outcome report_counters(const NodeRequest& request);
Outcome report_state(const NodeRequest& request);
/// How far a drain has come.
Outcome report_drain(const NodeRequest& request);
Outcome report_members(const NodeRequest& request);
Outcome report_sessions(const NodeRequest& request);

}  // namespace shunt::app
