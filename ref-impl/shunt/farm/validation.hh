// SPDX-License-Identifier: Apache-2.0
// Whether a farm's configuration makes sense as a whole: every contradiction at once, each with the
// place where it stands and what was expected there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shunt/farm/farm_config.hh"

namespace shunt::farm {

/// Servers are scanned, not indexed; a control connection runs between each pair of them.
inline constexpr std::size_t kServersMax = 256;
inline constexpr std::size_t kUrlRulesMax = 1'024;

enum class Severity : std::uint8_t { Warning, Error };

struct Finding {
    Severity severity = Severity::Error;
    /// The place as farm.toml names it, e.g. "server[1].forward_ip"; tables count from 0.
    std::string where;
    /// What was expected there, e.g. "one forward IP for each of the 2 services (SYS-2)".
    std::string expected;
};

/// All that is wrong, in the order of the file; empty if nothing is.
std::vector<Finding> validate(const FarmConfig& config);

/// True if one of the findings is an error: such a configuration is not used.
bool has_error(const std::vector<Finding>& findings);

}  // namespace shunt::farm
