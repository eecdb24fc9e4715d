// SPDX-License-Identifier: Apache-2.0
// shuntctl: one question to a node, or the same again and again.
#pragma once

#include "shunt/app/ctl/options.hh"

namespace shunt::app::ctl {

/// Returns the exit code (docs/interfaces.md).
int run(const Options& options);

}  // namespace shunt::app::ctl
