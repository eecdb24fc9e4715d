// SPDX-License-Identifier: Apache-2.0
#include "report/selfcheck.hh"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

namespace conform {
namespace {

constexpr std::size_t kKillersShown = 3;

bool has_noticed(Verdict verdict) {
    return verdict == Verdict::Fail || verdict == Verdict::Hang || verdict == Verdict::Crash;
}

/// A case of `requirement` that has found it broken, and the device at work.
bool has_found(const CaseResult& result, const std::string& requirement) {
    const bool is_of_it =
        std::count(result.requirements.begin(), result.requirements.end(), requirement) > 0;
    // A SHOULD that is missed makes no case fail.
    const bool is_found = result.verdict == Verdict::Fail || result.verdict == Verdict::NonStrict;
    return is_of_it && is_found &&
           std::any_of(result.findings.begin(), result.findings.end(),
                       [&](const Finding& finding) { return finding.requirement == requirement; });
}

/// Mapped ones first; the rest as a number.
std::string describe_killers(const MutantResult& mutant) {
    if (mutant.killed_by.empty()) return "SURVIVES";
    const std::vector<std::string>& best = mutant.mapped.empty() ? mutant.killed_by : mutant.mapped;
    const std::size_t shown = std::min(best.size(), kKillersShown);
    std::string text = fmt::format(
        "{}", fmt::join(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(shown), " "));
    const std::size_t others = mutant.killed_by.size() - shown;
    if (others > 0) text += fmt::format(" +{}", others);
    return text;
}

std::vector<std::string> idle_cases(const SelfcheckResult& result) {
    std::vector<std::string> idle;
    for (const CaseResult& each : result.baseline.cases) {
        const bool has_killed = std::any_of(
            result.mutants.begin(), result.mutants.end(), [&each](const MutantResult& mutant) {
                return std::count(mutant.mapped.begin(), mutant.mapped.end(), each.id) > 0;
            });
        if (!has_killed) idle.push_back(each.id);
    }
    return idle;
}

std::size_t killed(const SelfcheckResult& result) {
    return static_cast<std::size_t>(
        std::count_if(result.mutants.begin(), result.mutants.end(),
                      [](const MutantResult& mutant) { return !mutant.mapped.empty(); }));
}

std::vector<std::string> complaints_about_mutants(const SelfcheckResult& result) {
    if (!result.has_mutants) return {};
    if (result.mutants.empty()) return {"the list of mutants is empty"};
    std::vector<std::string> found;
    for (const MutantResult& mutant : result.mutants) {
        if (mutant.killed_by.empty()) {
            found.push_back(fmt::format("{} survives: no case notices that it breaks {}",
                                        mutant.name, mutant.requirement));
        } else if (mutant.mapped.empty()) {
            found.push_back(fmt::format("{} breaks {}, but no case of it finds that: killed by {}",
                                        mutant.name, mutant.requirement,
                                        fmt::join(mutant.killed_by, " ")));
        }
        if (mutant.passed == 0) {
            found.push_back(
                fmt::format("{}: no case passes, so one defect is not what it has", mutant.name));
        }
    }
    return found;
}

}  // namespace

MutantResult mutant_result(const std::string& name, const std::string& requirement,
                           const RunResult& run) {
    MutantResult result{name, requirement, {}, {}};
    for (const CaseResult& each : run.cases) {
        if (each.verdict == Verdict::Pass) ++result.passed;
        const bool is_mapped = has_found(each, requirement);
        if (!has_noticed(each.verdict) && !is_mapped) continue;
        result.killed_by.push_back(each.id);
        if (is_mapped) result.mapped.push_back(each.id);
    }
    return result;
}

VariantResult variant_result(const std::string& name, const RunResult& baseline,
                             const RunResult& run) {
    VariantResult result{name, {}};
    for (const CaseResult& each : run.cases) {
        const auto before =
            std::find_if(baseline.cases.begin(), baseline.cases.end(),
                         [&each](const CaseResult& other) { return other.id == each.id; });
        const bool is_equal = before != baseline.cases.end() && before->verdict == each.verdict;
        if (!is_equal) result.minded_by.push_back(each.id);
    }
    return result;
}

EmptyDeviceResult empty_device_result(const std::string& name, const RunResult& run) {
    EmptyDeviceResult result{name, {}};
    for (const CaseResult& each : run.cases) {
        if (each.verdict <= Verdict::NonStrict) result.passed.push_back(each.id);
    }
    return result;
}

std::vector<std::string> complaints(const SelfcheckResult& result) {
    const RunVerdict verdict = verdict_of(result.baseline, false);
    if (verdict != RunVerdict::Conformant) {
        std::vector<std::string> found = {
            fmt::format("the base line is {}: nothing is shown by a mutant that fails too",
                        to_string(verdict))};
        for (const CaseResult& each : result.baseline.cases) {
            if (each.verdict <= Verdict::NonStrict || each.verdict == Verdict::NotRun) continue;
            found.push_back(
                fmt::format("{}: {}: {}", each.id, to_string(each.verdict), each.reason));
        }
        return found;
    }
    std::vector<std::string> found = complaints_about_mutants(result);
    if (result.has_variants && result.variants.empty()) {
        found.emplace_back("the list of variants is empty");
    }
    for (const VariantResult& variant : result.variants) {
        if (variant.minded_by.empty()) continue;
        found.push_back(fmt::format("the variant {} breaks nothing, but is minded by {}",
                                    variant.name, fmt::join(variant.minded_by, " ")));
    }
    for (const EmptyDeviceResult& device : result.empty_devices) {
        if (device.passed.empty()) continue;
        found.push_back(fmt::format("the empty device {} does nothing, but passes {}", device.name,
                                    fmt::join(device.passed, " ")));
    }
    return found;
}

std::string describe_selfcheck(const SelfcheckResult& result) {
    std::string text;
    for (const MutantResult& mutant : result.mutants) {
        text += fmt::format("{:<36} {:<7} {}\n", mutant.name, mutant.requirement,
                            describe_killers(mutant));
    }
    const std::vector<std::string> idle = idle_cases(result);
    if (!idle.empty() && !result.mutants.empty()) {
        text += fmt::format("cases that kill no mutant of a requirement of theirs:\n    {}\n",
                            fmt::join(idle, "\n    "));
    }
    for (const VariantResult& variant : result.variants) {
        text += fmt::format("{:<36} variant {}\n", variant.name,
                            variant.minded_by.empty() ? "nobody minds" : "MINDED");
    }
    for (const EmptyDeviceResult& device : result.empty_devices) {
        text += fmt::format("{:<36} empty   {}\n", device.name,
                            device.passed.empty() ? "nothing passes" : "PRAISED");
    }
    const std::vector<std::string> found = complaints(result);
    for (const std::string& complaint : found)
        text += complaint + "\n";
    return text + fmt::format(
                      "selfcheck {}: {} of {} mutants killed by a case of their "
                      "requirement for it, {} variants, {} empty devices, base line {} with {} "
                      "cases\n",
                      found.empty() ? "passed" : "FAILED", killed(result), result.mutants.size(),
                      result.variants.size(), result.empty_devices.size(),
                      to_string(verdict_of(result.baseline, false)), result.baseline.cases.size());
}

std::string to_json(const SelfcheckResult& result) {
    using Json = nlohmann::ordered_json;
    constexpr int kIndent = 2;
    Json json;
    json["schema"] = 1;
    json["suite"] = result.baseline.suite;
    json["seed"] = result.baseline.seed;
    json["passed"] = complaints(result).empty();
    json["baseline"] = to_string(verdict_of(result.baseline, false));
    json["mutants"] = Json::array();
    for (const MutantResult& mutant : result.mutants) {
        json["mutants"].push_back({{"name", mutant.name},
                                   {"requirement", mutant.requirement},
                                   {"killed_by", mutant.killed_by},
                                   {"mapped", mutant.mapped},
                                   {"passed", mutant.passed}});
    }
    json["variants"] = Json::array();
    for (const VariantResult& variant : result.variants)
        json["variants"].push_back({{"name", variant.name}, {"minded_by", variant.minded_by}});
    json["empty_devices"] = Json::array();
    for (const EmptyDeviceResult& device : result.empty_devices)
        json["empty_devices"].push_back({{"name", device.name}, {"passed", device.passed}});
    json["complaints"] = complaints(result);
    return json.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace conform
