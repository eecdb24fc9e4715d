// SPDX-License-Identifier: Apache-2.0
// One line of JSON from somebody else: whatever it holds, the program outlives it.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace shunt::app {

/// Discarded (`is_discarded()`) if it is no JSON, or nested more than 64 deep: nlohmann-json copies
/// and writes by calling itself.
nlohmann::json parse_json_line(std::string_view line);

}  // namespace shunt::app
