// SPDX-License-Identifier: Apache-2.0
#include "app/selfcheck.hh"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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

/// The cases of the mutant's requirement, then the others until one passes: a device that is wrong
/// in every respect has more than one defect.
RunResult run_mapped(const Options& options, const Iut& iut, const Mutant& mutant,
                     const std::vector<const CaseInfo*>& cases) {
    std::vector<const CaseInfo*> ordered = cases;
    const auto others =
        std::stable_partition(ordered.begin(), ordered.end(), [&mutant](const CaseInfo* info) {
            return std::ranges::count(info->requirements, mutant.requirement) > 0;
        });
    RunResult result = run_quietly(options, iut, {ordered.begin(), others});
    const auto has_passed = [&result] {
        return std::ranges::count(result.cases, Verdict::Pass, &CaseResult::verdict) > 0;
    };
    for (auto other = others; other != ordered.end() && !has_passed(); ++other) {
        RunResult one = run_quietly(options, iut, {*other});
        std::ranges::move(one.cases, std::back_inserter(result.cases));
    }
    return result;
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
        if (!options.needs.empty() && !needs_word(mutant.needs, options.needs)) continue;
        Options mutated = options;
        mutated.device_command =
            mutant_command(options.device_command, options.mutants_program, mutant);
        const RunResult run = options.is_mapped_only ? run_mapped(mutated, iut, mutant, cases)
                                                     : run_quietly(mutated, iut, cases);
        require_answers(mutant, run);
        result.mutants.push_back(mutant_result(mutant.name, mutant.requirement, run));
    }
    return result;
}

}  // namespace conform
