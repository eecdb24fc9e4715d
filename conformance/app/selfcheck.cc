// SPDX-License-Identifier: Apache-2.0
#include "app/selfcheck.hh"

#include "app/mutants.hh"
#include "app/runner.hh"

namespace conform {
namespace {

RunResult run_quietly(const Options& options, const Iut& iut,
                      const std::vector<const CaseInfo*>& cases) {
    Runner runner(options, iut);
    return runner.run(
        cases, [](const CaseInfo&) {}, [](const CaseResult&) {});
}

}  // namespace

SelfcheckResult run_selfcheck(const Options& options, const Iut& iut,
                              const std::vector<const CaseInfo*>& cases) {
    const std::vector<Mutant> mutants = list_mutants(options.mutants_program);
    SelfcheckResult result{run_quietly(options, iut, cases), {}};
    if (verdict_of(result.baseline, false) != RunVerdict::Conformant) return result;
    for (const Mutant& mutant : mutants) {
        Options mutated = options;
        mutated.device_command =
            mutant_command(options.device_command, options.mutants_program, mutant);
        result.mutants.push_back(
            mutant_result(mutant.name, mutant.requirement, run_quietly(mutated, iut, cases)));
    }
    return result;
}

}  // namespace conform
