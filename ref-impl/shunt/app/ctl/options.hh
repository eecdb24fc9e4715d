// SPDX-License-Identifier: Apache-2.0
// The command line of shuntctl.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shunt/app/parsed_options.hh"
#include "shunt/base/time.hh"

namespace shunt::app::ctl {

struct Options {
    std::string control;
    std::string verb;
    /// The line that is sent to the node.
    std::string request;
    /// Of tables and counters: which of them.
    std::string filter;
    bool is_json = false;
    std::optional<Duration> watch;
    /// Of drain: how long its end is waited for, and how often that is told of.
    std::optional<Duration> wait;
    Duration interval = Duration::seconds(1);
};

/// `arguments` are those behind the program's name, `environment_control` is SHUNT_CONTROL, null if
/// it is not set.
ParsedOptions<Options> parse_options(const std::vector<std::string>& arguments,
                                     const char* environment_control);

}  // namespace shunt::app::ctl
