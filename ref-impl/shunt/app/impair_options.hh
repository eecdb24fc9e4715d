// SPDX-License-Identifier: Apache-2.0
// The command line of shunt-impair (docs/interfaces.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shunt/app/parsed_options.hh"
#include "shunt/link/impairment_lane.hh"
#include "shunt/runtime/device_address.hh"

namespace shunt::app {

struct ImpairOptions {
    runtime::DeviceAddress left;
    runtime::DeviceAddress right;
    link::ImpairmentPlan to_right;
    link::ImpairmentPlan to_left;
    std::uint64_t seed = 1;
    std::optional<std::string> json;
    std::optional<std::string> capture;
};

using ParsedImpairOptions = ParsedOptions<ImpairOptions>;

/// Behind the program's name.
ParsedImpairOptions parse_impair_options(const std::vector<std::string>& arguments);

}  // namespace shunt::app
