// SPDX-License-Identifier: Apache-2.0
// Plays the crashes of a script, several at a time, and counts how they end. The counts do not
// depend on the threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shunt/sim/crash/enumeration.hh"

namespace shunt::app {

/// A crash by which a rule was broken.
struct CrashFailure {
    sim::CrashPoint point;
    /// What the server does there when nothing is amiss.
    std::string step;
    std::vector<sim::Violation> violations;
};

struct CrashTally {
    std::string script;
    std::size_t steps = 0;
    std::uint64_t crashes = 0;
    /// By CrashEnd.
    std::array<std::uint64_t, sim::kCrashEnds> ends{};
    std::vector<CrashFailure> failures;
    /// Of all runs together, in order.
    std::string trace_hash;

    std::uint64_t count(sim::CrashEnd end) const { return ends[static_cast<std::size_t>(end)]; }
    /// A script that breaks a rule without any crash has no steps.
    bool is_clean() const { return steps > 0 && failures.empty(); }
};

struct CrashOptions {
    /// The first one and each so-manyth one behind it; 1: all of them.
    std::size_t every = 1;
    /// Worlds that run at the same time, each in one thread.
    std::size_t jobs = 1;
};

CrashTally run_crashes(const sim::Script& script, const CrashOptions& options);

}  // namespace shunt::app
