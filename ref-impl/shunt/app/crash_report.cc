// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/crash_report.hh"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "shunt/app/sim_report.hh"

namespace shunt::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr sim::CrashEnd kEnds[] = {sim::CrashEnd::Served, sim::CrashEnd::Reset, sim::CrashEnd::Gone,
                                   sim::CrashEnd::Limit, sim::CrashEnd::Failed};
static_assert(std::size(kEnds) == sim::kCrashEnds);

std::string row(const CrashTally& tally) {
    std::string text = fmt::format("{:<26}{:>7}{:>9}", tally.script, tally.steps, tally.crashes);
    for (const sim::CrashEnd end : kEnds)
        text += fmt::format("{:>8}", tally.count(end));
    return text + "\n";
}

Json to_value(const std::string& script, const CrashFailure& failure) {
    Json violations = Json::array();
    for (const sim::Violation& violation : failure.violations) {
        violations.push_back({{"time_ns", violation.time.to_nanoseconds()},
                              {"rule", violation.rule},
                              {"text", violation.text}});
    }
    return {{"crash", to_text(failure.point)},
            {"step", failure.step},
            {"violations", violations},
            {"rerun",
             fmt::format("shunt-sim --crashes {} --crash {}", script, to_text(failure.point))}};
}

Json to_value(const CrashTally& tally) {
    Json value = {{"script", tally.script},
                  {"steps", tally.steps},
                  {"crashes", tally.crashes},
                  {"trace_hash", tally.trace_hash}};
    for (const sim::CrashEnd end : kEnds)
        value[std::string(to_string(end))] = tally.count(end);
    value["failures"] = Json::array();
    for (const CrashFailure& failure : tally.failures)
        value["failures"].push_back(to_value(tally.script, failure));
    return value;
}

}  // namespace

std::string to_text(const std::vector<CrashTally>& tallies) {
    std::string text = fmt::format("{:<26}{:>7}{:>9}", "state machine", "steps", "crashes");
    for (const sim::CrashEnd end : kEnds)
        text += fmt::format("{:>8}", to_string(end));
    text += "\n";
    CrashTally sum;
    sum.script = "all";
    for (const CrashTally& tally : tallies) {
        text += row(tally);
        sum.steps += tally.steps;
        sum.crashes += tally.crashes;
        for (std::size_t end = 0; end < sum.ends.size(); ++end)
            sum.ends[end] += tally.ends[end];
    }
    return text + (tallies.size() > 1 ? row(sum) : "");
}

std::string to_text(const std::string& script, const CrashFailure& failure) {
    std::string text = fmt::format("shunt-sim --crashes {} --crash {}\n  {}\n", script,
                                   to_text(failure.point), failure.step);
    constexpr std::size_t kShownMax = 3;
    for (std::size_t i = 0; i < std::min(failure.violations.size(), kShownMax); ++i)
        text += "  " + to_text(failure.violations[i]) + "\n";
    return text;
}

std::string to_json(const std::vector<CrashTally>& tallies) {
    Json report;
    report["violation_count"] = 0;
    report["scripts"] = Json::array();
    std::size_t failures = 0;
    for (const CrashTally& tally : tallies) {
        report["scripts"].push_back(to_value(tally));
        failures += tally.failures.size();
    }
    report["violation_count"] = failures;
    return report.dump(2) + "\n";
}

}  // namespace shunt::app
