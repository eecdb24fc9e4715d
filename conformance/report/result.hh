// SPDX-License-Identifier: Apache-2.0
/// What came of a case, and of a run.
#pragma once

#include <string>
#include <vector>

#include "engine/finding.hh"
#include "engine/verdict.hh"

namespace conform {

struct CaseResult {
    std::string id;
    std::vector<std::string> requirements;
    Verdict verdict = Verdict::Pass;
    std::string reason;             ///< empty for PASS
    std::vector<Finding> findings;  ///< the first one decides; frames are numbers in the capture
    std::string pcapng;             ///< path of the evidence; empty without --out
    std::string rerun;              ///< one line that runs this case again
};

struct RunResult {
    std::string suite;
    std::string iut;
    std::uint64_t seed = 0;
    std::vector<CaseResult> cases;
};

/// With `is_strict`, NON-STRICT is as bad as FAIL. A run in which nothing ran is inconclusive.
RunVerdict verdict_of(const RunResult& run, bool is_strict);

}  // namespace conform
