// SPDX-License-Identifier: Apache-2.0
// farm.toml (docs/interfaces.md) becomes a FarmConfig, or a list of everything wrong with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/result.hh"
#include "shunt/farm/farm_config.hh"

namespace shunt::runtime {

struct FarmFile {
    farm::FarmConfig config;
    /// What works but should not stay so, each "file:line: place: text".
    std::vector<std::string> warnings;
};

/// Each "file:line: place: what was expected, what was got"; all of them at once.
using FarmFileErrors = std::vector<std::string>;

/// Reads the file. `secret_file` and `directory` are relative to its folder.
Result<FarmFile, FarmFileErrors> load_farm_file(const std::string& path);

/// The same from a text; `name` is what complaints call the file, `folder` what paths are
/// relative to.
Result<FarmFile, FarmFileErrors> parse_farm_file(std::string_view text, const std::string& name,
                                                 const std::string& folder);

}  // namespace shunt::runtime
