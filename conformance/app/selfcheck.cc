// SPDX-License-Identifier: Apache-2.0
#include "app/selfcheck.hh"

#include <fmt/format.h>

#include <algorithm>

#include "app/mutants.hh"
#include "app/runner.hh"
#include "iut/farm_kind.hh"

namespace conform {
namespace {

RunResult run_quietly(const Options& options, const Iut& iut,
                      const std::vector<const CaseInfo*>& cases) {
    Runner runner(options, iut);
    return runner.run(
        cases, [](const CaseInfo&) {}, [](const CaseResult&) {});
}

/// A mutant that could not be asked has shown nothing, one way or the other.
void require_answers(const Mutant& mutant, const RunResult& run) {
    const auto trouble =
        std::find_if(run.cases.begin(), run.cases.end(),
                     [](const CaseResult& each) { return each.verdict == Verdict::Error; });
    if (trouble == run.cases.end()) return;
    const bool has_run =
        std::any_of(run.cases.begin(), run.cases.end(), [](const CaseResult& each) {
            return each.verdict != Verdict::Error && each.verdict != Verdict::NotRun;
        });
    throw AttachmentError(
        has_run ? fmt::format("mutant {}: {}: {}", mutant.name, trouble->id, trouble->reason)
                : fmt::format("mutant {} cannot be started: {}", mutant.name, trouble->reason));
}

}  // namespace

SelfcheckResult run_selfcheck(const Options& options, const Iut& iut,
                              const std::vector<const CaseInfo*>& cases) {
    const std::vector<Mutant> mutants = list_mutants(options.mutants_program);
    SelfcheckResult result{run_quietly(options, iut, cases), {}};
    if (verdict_of(result.baseline, false) != RunVerdict::Conformant) return result;
    for (const Mutant& mutant : mutants) {
        if (!is_farm_of_kind(iut.statement, mutant.needs)) continue;
        Options mutated = options;
        mutated.device_command =
            mutant_command(options.device_command, options.mutants_program, mutant);
        const RunResult run = run_quietly(mutated, iut, cases);
        require_answers(mutant, run);
        result.mutants.push_back(mutant_result(mutant.name, mutant.requirement, run));
    }
    return result;
}

}  // namespace conform
