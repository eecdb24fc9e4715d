// SPDX-License-Identifier: Apache-2.0
/// What the suite is worth: which case notices which seeded defect.
#pragma once

#include <string>
#include <vector>

#include "engine/verdict.hh"
#include "report/result.hh"

namespace conform {

struct MutantResult {
    std::string name;
    std::string requirement;
    std::vector<std::string> killed_by;  ///< ids of the cases that failed
    /// Those of them that are of the requirement and FAILed with a finding that names it: that a
    /// device is dead, or wrong in some other way, shows nothing about this defect.
    std::vector<std::string> mapped;
    std::size_t passed = 0;  ///< how many cases do not mind; none: it is no device with one defect
};

struct SelfcheckResult {
    RunResult baseline;
    std::vector<MutantResult> mutants;
};

/// One line for each thing that makes the check fail: a base line that is not conformant, an empty
/// list, a survivor, a mutant that no case of its requirement has killed for that requirement, one
/// against which no case passes. Empty: the suite works.
std::vector<std::string> complaints(const SelfcheckResult& result);

/// The matrix (a row for each mutant), cases that kill none of a requirement of theirs, complaints,
/// and one line that sums up.
std::string describe_selfcheck(const SelfcheckResult& result);

/// As the interfaces page says.
std::string to_json(const SelfcheckResult& result);

/// The killers of a mutant among the results of a run: those that noticed something.
MutantResult mutant_result(const std::string& name, const std::string& requirement,
                           const RunResult& run);

}  // namespace conform
