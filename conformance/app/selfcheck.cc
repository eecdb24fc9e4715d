// SPDX-License-Identifier: Apache-2.0
#include "app/selfcheck.hh"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "agent/empty_device.hh"
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

std::vector<Mutant> mutants_of(const Options& options, const Iut& iut) {
    std::vector<Mutant> mutants = list_mutants(options.mutants_program);
    std::erase_if(mutants, [&](const Mutant& mutant) {
        const bool is_asked = options.needs.empty() || needs_word(mutant.needs, options.needs);
        return !is_asked || !is_farm_of_kind(iut.statement, mutant.needs);
    });
    return mutants;
}

void ask_mutants(SelfcheckResult& result, const Options& options, const Iut& iut,
                 const std::vector<const CaseInfo*>& cases, const OnStep& on_step) {
    const std::vector<Mutant> mutants = mutants_of(options, iut);
    for (const Mutant& mutant : mutants) {
        on_step({"mutant", mutant.name, result.mutants.size() + 1, mutants.size()});
        Options mutated = options;
        mutated.device_command =
            mutant_command(options.device_command, options.mutants_program, mutant);
        const RunResult run = options.is_mapped_only ? run_mapped(mutated, iut, mutant, cases)
                                                     : run_quietly(mutated, iut, cases);
        require_answers(mutant, run);
        result.mutants.push_back(mutant_result(mutant.name, mutant.requirement, run));
    }
}

void ask_variants(SelfcheckResult& result, const Options& options, const Iut& iut,
                  const std::vector<const CaseInfo*>& cases, const OnStep& on_step) {
    const std::vector<Variant> variants = list_variants(options.mutants_program);
    for (const Variant& variant : variants) {
        on_step({"variant", variant.name, result.variants.size() + 1, variants.size()});
        Options varied = options;
        varied.device_command =
            variant_command(options.device_command, options.mutants_program, variant);
        const RunResult run = run_quietly(varied, iut, cases);
        result.variants.push_back(variant_result(variant.name, result.baseline, run));
    }
}

/// They stand where the device's socket stands.
void ask_empty_devices(SelfcheckResult& result, const Options& options, const Iut& iut,
                       const std::vector<const CaseInfo*>& cases, const OnStep& on_step) {
    const auto& devices = all_emptinesses();
    for (const EmptinessText& device : devices) {
        on_step({"empty device", device.name, result.empty_devices.size() + 1, devices.size()});
        Options empty = options;
        empty.device_command = {empty_device_program(),
                                std::string(device.name),
                                "--iut",
                                options.iut_path,
                                "--front",
                                "unix:" + iut.front.place};
        std::vector<const CaseInfo*> others;
        std::ranges::copy_if(cases, std::back_inserter(others), [&device](const CaseInfo* info) {
            return std::ranges::count(device.does, info->id) == 0;
        });
        const RunResult run = run_quietly(empty, iut, others);
        result.empty_devices.push_back(empty_device_result(std::string(device.name), run));
    }
}

}  // namespace

std::string describe_step(const SelfcheckStep& step) {
    return fmt::format("{} {} of {}: {}", step.kind, step.number, step.count, step.name);
}

SelfcheckResult run_selfcheck(const Options& options, const Iut& iut,
                              const std::vector<const CaseInfo*>& cases, const OnStep& on_step) {
    const SelfcheckParts& parts = options.parts;
    if (parts.needs_virtual_time() && options.time != TimeKind::Virtual) {
        throw UsageError(
            "variants and empty devices are asked in virtual time; in wall time give "
            "--part mutants");
    }
    on_step({"base line", "the device itself", 1, 1});
    SelfcheckResult result{run_quietly(options, iut, cases), {}};
    result.has_mutants = parts.mutants;
    result.has_variants = parts.variants;
    if (verdict_of(result.baseline, false) != RunVerdict::Conformant) return result;
    if (parts.mutants) ask_mutants(result, options, iut, cases, on_step);
    if (parts.variants) ask_variants(result, options, iut, cases, on_step);
    if (parts.empty_devices) ask_empty_devices(result, options, iut, cases, on_step);
    return result;
}

}  // namespace conform
