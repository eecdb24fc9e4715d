// SPDX-License-Identifier: Apache-2.0
// The command line of shunt-impair (docs/interfaces.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "shunt/app/node_options.hh"
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

using ParsedImpairOptions = std::variant<ImpairOptions, TextWanted, UsageError>;

ParsedImpairOptions parse_impair_options(int argument_count, const char* const* arguments);

}  // namespace shunt::app
