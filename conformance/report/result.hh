// SPDX-License-Identifier: Apache-2.0
/// What came of a case, and of a run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/finding.hh"
#include "engine/time.hh"
#include "engine/verdict.hh"
#include "report/qualification.hh"

namespace conform {

/// What is known beside the conversation and overrules it: the device's process has ended, the
/// machine was too noisy.
struct Circumstance {
    Verdict verdict = Verdict::Crash;
    std::string reason;
};

struct CaseDetail;

struct CaseResult {
    std::string id;
    std::vector<std::string> requirements;
    Verdict verdict = Verdict::Pass;
    std::string reason;             ///< empty for PASS
    std::vector<Finding> findings;  ///< the first one decides; frames are numbers in the capture
    std::string pcapng;             ///< path of the evidence; empty without --out
    Duration duration{};            ///< of the device's time, virtual or wall
    std::string rerun;              ///< one line that runs this case again
    std::uint32_t round = 1;        ///< of --repeat
    bool is_known = false;          ///< the file of known failures has all of it
    std::vector<Circumstance> circumstances{};
    /// What the page of a case shows (report/case_detail.hh); absent unless one is written.
    std::shared_ptr<const CaseDetail> detail{};
    bool is_claimed = true;  ///< profile and role are: where it is NOT-RUN, something is open
};

/// Notes it, and lets it decide; a failure is no success for any circumstance.
void overrule(CaseResult& result, Verdict verdict, std::string reason);

/// Whether the reason is no finding's: what ended the case otherwise.
bool has_own_reason(const CaseResult& result);

/// What came of comparing a run with a file of known failures.
struct KnownFailing {
    std::string path;  ///< empty: there is none
    /// What an entry says that is not so, "FILE:LINE: .." each.
    std::vector<std::string> complaints{};
};

struct RunResult {
    std::string suite;
    std::string iut;
    std::uint64_t seed = 0;
    std::vector<CaseResult> cases;
    /// How many cases there are; more than `cases` where the run is of a selection, and speaks of
    /// nothing else. 0: not known.
    std::size_t suite_size = 0;
    std::uint32_t rounds = 1;
    std::vector<std::string> selectors{};
    /// What the device claims and no case tests, one line each; of a whole run only.
    std::vector<std::string> untested{};

    /// What the statement says of the device and the wire shows otherwise, one line each.
    std::vector<std::string> claims{};

    KnownFailing known_failing{};
    /// What was measured before; absent: nothing was.
    std::optional<Qualification> qualification{};

    bool is_selection() const { return cases.size() < suite_size * rounds; }
};

/// With `is_strict`, NON-STRICT is as bad as FAIL. A run is inconclusive in which nothing ran, or
/// not all that was claimed, or whose harness did not qualify.
RunVerdict verdict_of(const RunResult& run, bool is_strict);

/// What the run is worth where failures are known: 0 also if nothing but these failed; 1 where an
/// entry about them is not so.
int exit_code(const RunResult& run, bool is_strict);

}  // namespace conform
