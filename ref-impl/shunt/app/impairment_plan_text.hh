// SPDX-License-Identifier: Apache-2.0
// How users write what is wrong with a path: "loss=1/50 delay=10ms drop=3,4".
#pragma once

#include <string>
#include <string_view>

#include "shunt/base/result.hh"
#include "shunt/link/impairment_lane.hh"

namespace shunt::app {

/// Words KEY=VALUE between blanks; "" is a perfect path. The error is a sentence that names the
/// word and what was expected.
Result<link::ImpairmentPlan, std::string> parse_impairment_plan(std::string_view text);

/// A line for each key, for a help text.
std::string_view impairment_plan_keys();

}  // namespace shunt::app
