// SPDX-License-Identifier: Apache-2.0
// A file of worlds in which a rule was once broken: each line has the options that make one of them
// again, as shunt-sim takes them. Lines that begin with # are comments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shunt/app/sim_options.hh"
#include "shunt/base/result.hh"

namespace shunt::app {

/// "--scenario N --seed N .." of the world that failed: what a line of the file is.
std::string seed_line(const SimOptions& options, std::uint64_t seed);
/// A failure names line and what was expected there.
Result<std::vector<SimOptions>, std::string> parse_seeds(std::string_view text);
/// The text with the line behind it, unless it is there already.
std::string with_seed(std::string_view text, const std::string& line);

}  // namespace shunt::app
