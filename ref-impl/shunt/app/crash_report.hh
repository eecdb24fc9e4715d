// SPDX-License-Identifier: Apache-2.0
// What the crashes of scripts came to, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "shunt/app/crash_runner.hh"

namespace shunt::app {

/// A row for each script, and their sums.
std::string to_text(const std::vector<CrashTally>& tallies);
/// What was broken, and the line that shows it again.
std::string to_text(const std::string& script, const CrashFailure& failure);
std::string to_json(const std::vector<CrashTally>& tallies);

}  // namespace shunt::app
