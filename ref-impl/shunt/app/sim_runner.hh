// SPDX-License-Identifier: Apache-2.0
// Runs one world per seed, several at a time. Each world has one thread to itself; the results
// come in order of the seeds, whatever the threads did.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "shunt/sim/scenarios/scenario.hh"

namespace shunt::app {

struct SimSeeds {
    std::uint64_t first = 1;
    std::uint64_t last = 1;
    std::size_t jobs = 1;

    std::uint64_t count() const { return last - first + 1; }
};

/// Called after each world, by one thread at a time.
using SimProgress = std::function<void(const sim::ScenarioResult& result, std::uint64_t done)>;

std::vector<sim::ScenarioResult> run_seeds(const sim::Scenario& scenario,
                                           const sim::ScenarioOptions& options,
                                           const SimSeeds& seeds, const SimProgress& progress);

}  // namespace shunt::app
