// SPDX-License-Identifier: Apache-2.0
/// One line of JSON from a device: whatever it holds, the judge outlives it.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace conform {

/// Discarded (`is_discarded()`) if it is no JSON, or nested more than 64 deep: nlohmann-json copies
/// and writes by calling itself.
nlohmann::json parse_json_line(std::string_view line);

}  // namespace conform
