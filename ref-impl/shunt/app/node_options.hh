// SPDX-License-Identifier: Apache-2.0
// The command line of shunt-node (docs/interfaces.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shunt/app/log.hh"
#include "shunt/app/parsed_options.hh"
#include "shunt/runtime/device_address.hh"

namespace shunt::app {

enum class TimeMode : std::uint8_t { Wall, Virtual };

struct NodeOptions {
    std::string config;
    std::string name;
    /// At least one of the two is there; in virtual time both are the same unix: path, or one is
    /// absent.
    std::optional<runtime::DeviceAddress> front;
    std::optional<runtime::DeviceAddress> back;
    std::optional<std::string> control;
    TimeMode time = TimeMode::Wall;
    std::optional<std::uint64_t> seed;
    LogLevel log_level = LogLevel::Info;
    std::optional<std::string> capture;
};

using ParsedNodeOptions = ParsedOptions<NodeOptions>;

/// Behind the program's name.
ParsedNodeOptions parse_node_options(const std::vector<std::string>& arguments);

}  // namespace shunt::app
