// SPDX-License-Identifier: Apache-2.0
// The line on stdout that says that a node serves (docs/interfaces.md).
#pragma once

#include <string>

#include "shunt/app/node_options.hh"
#include "shunt/farm/farm_config.hh"

namespace shunt::app {

/// {"event":"ready",..} with its line end.
std::string ready_event(const NodeOptions& options, const farm::Server& self);

}  // namespace shunt::app
