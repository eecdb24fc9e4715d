// SPDX-License-Identifier: Apache-2.0
// A file of worlds and the traces that they leave, by which builds with different compilers, and
// today's build and yesterday's, are held to the same behaviour. A line is
// "SCENARIO CONNECTIONS SEED HASH"; lines that begin with # are comments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/result.hh"

namespace shunt::app {

struct ExpectedTrace {
    std::string scenario;
    std::size_t connections = 0;
    std::uint64_t seed = 0;
    std::string hash;
};

/// A failure names line and what was expected there.
Result<std::vector<ExpectedTrace>, std::string> parse_traces(std::string_view text);
/// The text with each world's hash replaced, in order; comments stay.
std::string with_hashes(std::string_view text, const std::vector<ExpectedTrace>& traces);
/// The hash that the world leaves today; a failure if there is no such scenario.
Result<std::string, std::string> run_trace(const ExpectedTrace& trace);

}  // namespace shunt::app
