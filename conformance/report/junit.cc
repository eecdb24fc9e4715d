// SPDX-License-Identifier: Apache-2.0
#include "report/junit.hh"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace conform {
namespace {

/// For an attribute or text of XML 1.0, which has no control characters but tab and line ends;
/// bytes that are no ASCII come from a device and may be no UTF-8.
std::string escape(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        switch (c) {
            case '&':
                escaped += "&amp;";
                break;
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '"':
                escaped += "&quot;";
                break;
            default:
                escaped += (byte < ' ' && c != '\n' && c != '\t') || byte > 126 ? '?' : c;
        }
    }
    return escaped;
}

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
        fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"", escape(folder),
                    escape(result.id.substr(slash + 1)), seconds(result.duration));
    const std::string outcome = outcome_of(result.verdict, is_strict);
    if (outcome.empty()) return text + "/>\n";
    text += fmt::format(">\n      <{} message=\"{}\"", outcome, escape(result.reason));
    if (outcome == "skipped") return text + "/>\n    </testcase>\n";
    text += fmt::format(" type=\"{}\">", to_string(result.verdict));
    for (const Finding& finding : result.findings)
        text += escape(finding.message()) + "\n";
    if (!result.pcapng.empty()) text += "see " + escape(result.pcapng) + "\n";
    return text + fmt::format("again: {}</{}>\n    </testcase>\n", escape(result.rerun), outcome);
}

/// What the run does not speak of.
std::string scope_properties(const RunResult& run) {
    std::string text;
    if (run.is_selection()) {
        text += fmt::format("      <property name=\"selection\" value=\"{} of {} cases\"/>\n",
                            run.cases.size(), run.suite_size);
    }
    for (const std::string& each : run.untested)
        text += fmt::format("      <property name=\"untested\" value=\"{}\"/>\n", escape(each));
    return text;
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
    const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"",
                                           run.cases.size(), count("failure"), count("error"));
    std::string text = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n"
        "  <testsuite name=\"{}\" {} skipped=\"{}\" time=\"{}\">\n"
        "    <properties>\n      <property name=\"suite\" value=\"{}\"/>\n"
        "      <property name=\"seed\" value=\"{}\"/>\n{}    </properties>\n",
        counts, escape(run.iut), counts, count("skipped"), seconds(total), escape(run.suite),
        run.seed, scope_properties(run));
    for (const CaseResult& each : run.cases)
        text += to_junit(each, is_strict);
    return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace conform
