// SPDX-License-Identifier: Apache-2.0
// What shunt-sim says of its worlds, as JSON (docs/interfaces.md) and as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::app {

/// {"trace_hash","packets","connections","migrations","violations":[..], ..}. Of several worlds
/// the figures are sums, the hash is that of their hashes, and "runs" has each.
std::string to_json(std::string_view scenario, const std::vector<sim::ScenarioResult>& results);
/// A few lines for people.
std::string to_text(std::string_view scenario, const std::vector<sim::ScenarioResult>& results);
/// One violation on one line.
std::string to_text(const sim::Violation& violation);

}  // namespace shunt::app
