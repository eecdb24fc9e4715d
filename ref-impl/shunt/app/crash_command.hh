// SPDX-License-Identifier: Apache-2.0
// shunt-sim --crashes: what it prints and how it exits.
#pragma once

#include <functional>
#include <string>

#include "shunt/app/sim_options.hh"

namespace shunt::app {

/// False: it cannot be written.
using WriteFile = std::function<bool(const std::string& path, const std::string& text)>;

/// Returns the exit code (docs/interfaces.md).
int run_crash_command(const SimOptions& options, const WriteFile& write_file);

}  // namespace shunt::app
