// SPDX-License-Identifier: Apache-2.0
/// One line of JSON from a device: whatever it holds, the judge outlives it.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

namespace conform {

/// Discarded (`is_discarded()`) if it is not one JSON value and nothing behind it, if an object in
/// it has two members of one name, or if anything is within more than 64 others: what copies or
/// writes a value calls itself for each level.
nlohmann::json parse_json_line(std::string_view line);

}  // namespace conform
