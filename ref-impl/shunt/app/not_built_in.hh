// SPDX-License-Identifier: Apache-2.0
// What docs/ describes and farm.toml may name, but this program does not do: it refuses such a
// farm instead of doing half of it.
#pragma once

#include <string>
#include <vector>

#include "shunt/farm/farm_config.hh"

namespace shunt::app {

/// One text for each, "place: expected this, that is not built into this version"; empty: all is
/// there.
std::vector<std::string> not_built_in(const farm::FarmConfig& config);

}  // namespace shunt::app
