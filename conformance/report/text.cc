// SPDX-License-Identifier: Apache-2.0
#include "report/text.hh"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "report/signature.hh"

namespace conform {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kYellow = "33";
constexpr int kVerdictWidth = 12;  // INCONCLUSIVE

const char* color_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::Pass:
        case Verdict::Info:
            return kGreen;
        case Verdict::NonStrict:
        case Verdict::NotRun:
        case Verdict::Unsupported:
        case Verdict::Inconclusive:
            return kYellow;
        case Verdict::Fail:
        case Verdict::Hang:
        case Verdict::Crash:
        case Verdict::Error:
            return kRed;
    }
    return kRed;
}

std::string paint(std::string_view text, const char* color, const TextStyle& style) {
    return style.has_color ? fmt::format("\x1b[{}m{}\x1b[0m", color, text) : std::string(text);
}

}  // namespace

TextStyle TextStyle::for_stdout() {
    const char* no_color = std::getenv("NO_COLOR");
    const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
    return {is_terminal, is_terminal && (no_color == nullptr || *no_color == '\0')};
}

std::string printable(std::string_view text) {
    std::string clean(text);
    std::replace_if(
        clean.begin(), clean.end(),
        [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == 127; }, '?');
    return clean;
}

std::string paint_verdict(Verdict verdict, const TextStyle& style) {
    const std::string text = fmt::format("{:<{}}", to_string(verdict), kVerdictWidth);
    return paint(text, color_of(verdict), style);
}

std::string describe_case(const CaseResult& result, const TextStyle& style) {
    std::string text = fmt::format("{}  {}\n", paint_verdict(result.verdict, style), result.id);
    // What became of the device explains the findings; a finding explains itself.
    if (has_own_reason(result)) {
        text += fmt::format("    {}\n", printable(result.reason));
    }
    for (const Finding& finding : result.findings) {
        const std::string place =
            finding.packet ? fmt::format(" (packet {})", *finding.packet) : std::string();
        text += fmt::format("    {}{}\n", printable(finding.message()), place);
    }
    for (const std::string& signature : signatures(result, true))
        text += fmt::format("    signature: {}\n", printable(signature));
    if (result.verdict >= Verdict::Inconclusive) {
        if (!result.pcapng.empty()) text += fmt::format("    see {}\n", result.pcapng);
        text += fmt::format("    again: {}\n", result.rerun);
    }
    return text;
}

std::string describe_run(const RunResult& run, bool is_strict, const TextStyle& style) {
    const RunVerdict verdict = verdict_of(run, is_strict);
    const char* color = verdict == RunVerdict::Conformant      ? kGreen
                        : verdict == RunVerdict::NotConformant ? kRed
                                                               : kYellow;
    std::string text;
    for (const std::string& each : run.claims)
        text += fmt::format("the statement is not true: {}\n", printable(each));
    if (run.qualification) text += printable(describe_qualification(*run.qualification));
    for (const std::string& each : run.untested)
        text += fmt::format("{}\n", printable(each));
    // What a selection has shown must not be taken for what the whole suite would.
    const std::string cases =
        run.is_selection()
            ? fmt::format(" as far as selected: {} of {} cases", run.cases.size(), run.suite_size)
            : fmt::format(": {} {}", run.cases.size(), run.cases.size() == 1 ? "case" : "cases");
    text += paint(to_string(verdict), color, style) + cases;
    for (const Verdict each : kVerdicts) {
        const auto count =
            std::count_if(run.cases.begin(), run.cases.end(),
                          [each](const CaseResult& result) { return result.verdict == each; });
        if (count > 0) text += fmt::format(", {} {}", count, to_string(each));
    }
    text += fmt::format(", seed {}\n", run.seed);
    if (run.known_failing.path.empty()) return text;
    for (const std::string& each : run.known_failing.complaints)
        text += fmt::format("{}\n", printable(each));
    const auto known = std::count_if(run.cases.begin(), run.cases.end(),
                                     [](const CaseResult& each) { return each.is_known; });
    return text + fmt::format("{} known to fail, {} entries of {} not so\n", known,
                              run.known_failing.complaints.size(), run.known_failing.path);
}

}  // namespace conform
