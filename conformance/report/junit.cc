// SPDX-License-Identifier: Apache-2.0
#include "report/junit.hh"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/escape.hh"

namespace conform {
namespace {

/// The element that JUnit has for a verdict; empty for a case that passed.
const char* outcome_of(Verdict verdict, bool is_strict) {
    switch (verdict) {
        case Verdict::Pass:
        case Verdict::Info:
            return "";
        case Verdict::NonStrict:
            return is_strict ? "failure" : "";
        case Verdict::NotRun:
        case Verdict::Unsupported:
            return "skipped";
        case Verdict::Fail:
        case Verdict::Hang:
        case Verdict::Crash:
            return "failure";
        case Verdict::Inconclusive:
        case Verdict::Error:
            return "error";
    }
    return "error";
}

std::string seconds(Duration duration) {
    return fmt::format("{:.6f}", std::chrono::duration<double>(duration).count());
}

std::string to_junit(const CaseResult& result, bool is_strict) {
    const std::size_t slash = result.id.rfind('/');
    std::string folder = result.id.substr(0, slash);
    std::replace(folder.begin(), folder.end(), '/', '.');
    std::string text =
        fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"", escape_markup(folder),
                    escape_markup(result.id.substr(slash + 1)), seconds(result.duration));
    const std::string outcome = outcome_of(result.verdict, is_strict);
    if (outcome.empty()) return text + "/>\n";
    text += fmt::format(">\n      <{} message=\"{}\"", outcome, escape_markup(result.reason));
    if (outcome == "skipped") return text + "/>\n    </testcase>\n";
    text += fmt::format(" type=\"{}\">", to_string(result.verdict));
    for (const Finding& finding : result.findings)
        text += escape_markup(finding.message()) + "\n";
    if (!result.pcapng.empty()) text += "see " + escape_markup(result.pcapng) + "\n";
    return text +
           fmt::format("again: {}</{}>\n    </testcase>\n", escape_markup(result.rerun), outcome);
}

/// What the run does not speak of.
std::string scope_properties(const RunResult& run) {
    std::string text;
    if (run.is_selection()) {
        text += fmt::format("      <property name=\"selection\" value=\"{} of {} cases\"/>\n",
                            run.cases.size(), run.suite_size);
    }
    for (const std::string& each : run.untested)
        text +=
            fmt::format("      <property name=\"untested\" value=\"{}\"/>\n", escape_markup(each));
    return text;
}

/// What the statement says and the wire does not bear out fails the run, whatever the cases say.
std::string statement_testcase(const RunResult& run) {
    if (run.claims.empty()) return {};
    std::string text =
        "    <testcase classname=\"statement\" name=\"statement\" time=\"0.000000\">\n"
        "      <failure message=\"the statement and the wire disagree\" type=\"FAIL\">";
    for (const std::string& claim : run.claims)
        text += escape_markup(claim) + "\n";
    return text + "</failure>\n    </testcase>\n";
}

}  // namespace

std::string to_junit(const RunResult& run, bool is_strict) {
    const auto count = [&](std::string_view outcome) {
        return std::count_if(run.cases.begin(), run.cases.end(), [&](const CaseResult& each) {
            return outcome_of(each.verdict, is_strict) == outcome;
        });
    };
    const Duration total =
        std::accumulate(run.cases.begin(), run.cases.end(), Duration{},
                        [](Duration sum, const CaseResult& each) { return sum + each.duration; });
    const std::size_t statements = run.claims.empty() ? 0 : 1;
    const std::string counts =
        fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"", run.cases.size() + statements,
                    static_cast<std::size_t>(count("failure")) + statements, count("error"));
    std::string text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n"
        "  <testsuite name=\"{}\" {} skipped=\"{}\" time=\"{}\">\n"
        "    <properties>\n      <property name=\"suite\" value=\"{}\"/>\n"
        "      <property name=\"seed\" value=\"{}\"/>\n{}    </properties>\n",
        counts, escape_markup(run.iut), counts, count("skipped"), seconds(total),
        escape_markup(run.suite), run.seed, scope_properties(run));
    for (const CaseResult& each : run.cases)
        text += to_junit(each, is_strict);
    return text + statement_testcase(run) + "  </testsuite>\n</testsuites>\n";
}

}  // namespace conform
