// SPDX-License-Identifier: Apache-2.0
#include "report/result.hh"

#include <algorithm>

namespace conform {

void overrule(CaseResult& result, Verdict verdict, std::string reason) {
    // A circumstance may take a failure's force away (INCONCLUSIVE), and never makes it a success.
    const bool is_decisive = verdict >= Verdict::Inconclusive;
    result.verdict = is_decisive ? verdict : worse(result.verdict, verdict);
    result.reason = reason;
    result.circumstances.push_back({verdict, std::move(reason)});
}

bool has_own_reason(const CaseResult& result) {
    return !result.reason.empty() &&
           (result.findings.empty() || !result.reason.starts_with(result.findings[0].message()));
}

RunVerdict verdict_of(const RunResult& run, bool is_strict) {
    const auto has = [&run](Verdict verdict) {
        return std::any_of(run.cases.begin(), run.cases.end(), [verdict](const CaseResult& result) {
            return result.verdict == verdict;
        });
    };
    if (!run.claims.empty() || has(Verdict::Fail) || has(Verdict::Hang) || has(Verdict::Crash) ||
        (is_strict && has(Verdict::NonStrict))) {
        return RunVerdict::NotConformant;
    }
    const bool has_run = has(Verdict::Pass) || has(Verdict::NonStrict) || has(Verdict::Info);
    const bool is_claim_open =
        !run.untested.empty() ||
        std::any_of(run.cases.begin(), run.cases.end(), [](const CaseResult& result) {
            return result.verdict == Verdict::NotRun && result.is_claimed;
        });
    const bool is_trusted = !run.qualification || run.qualification->troubles.empty();
    const bool is_whole = is_trusted && !is_claim_open && !has(Verdict::Error) &&
                          !has(Verdict::Inconclusive) && !has(Verdict::Unsupported);
    return has_run && is_whole ? RunVerdict::Conformant : RunVerdict::Inconclusive;
}

int exit_code(const RunResult& run, bool is_strict) {
    if (run.known_failing.path.empty()) return exit_code(verdict_of(run, is_strict));
    RunResult unexpected = run;
    for (CaseResult& result : unexpected.cases) {
        if (result.is_known) result.verdict = Verdict::Info;
    }
    if (!run.known_failing.complaints.empty()) return exit_code(RunVerdict::NotConformant);
    return exit_code(verdict_of(unexpected, is_strict));
}

}  // namespace conform
