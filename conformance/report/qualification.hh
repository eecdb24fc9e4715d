// SPDX-License-Identifier: Apache-2.0
/// What was measured before the first case: whether the harness works, and how noisy it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/time.hh"

namespace conform {

struct Qualification {
    std::size_t markers = 0;  ///< numbered echo requests that were sent
    std::size_t lost = 0;
    std::size_t altered = 0;  ///< came back with another payload
    /// From a marker to its answer, of those that came.
    Duration latency_least{};
    Duration latency_median{};
    Duration latency_most{};
    /// Connections that were opened at once, and those whose request was acknowledged; none are
    /// opened where one case acts after the other.
    std::size_t connections = 0;
    std::size_t served = 0;
    std::uint64_t dropped = 0;  ///< frames that the judge's machine has lost
    /// What the upper tester made of a verb that nobody has, and of `reset`: "works", "unsupported"
    /// or "none" where there is no upper tester; else what was wrong.
    std::string unknown_verb = "none";
    std::string reset = "none";
    /// What the cases are given, never less than the statement says.
    Duration tolerance{};
    Duration answer{};
    /// Why nothing that follows is to be trusted; empty: it is.
    std::vector<std::string> troubles{};

    Duration jitter() const { return latency_most - latency_least; }
};

/// "qualified: 20 markers, none lost, latency 0.1 to 0.9 ms, ..", and each trouble in a line.
std::string describe_qualification(const Qualification& qualification);

}  // namespace conform
