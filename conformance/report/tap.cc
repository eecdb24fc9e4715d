// SPDX-License-Identifier: Apache-2.0
#include "report/tap.hh"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/escape.hh"

namespace conform {
namespace {

bool is_ok(Verdict verdict, bool is_strict) {
    switch (verdict) {
        case Verdict::Pass:
        case Verdict::Info:
        case Verdict::NotRun:
        case Verdict::Unsupported:
            return true;
        case Verdict::NonStrict:
            return !is_strict;
        case Verdict::Inconclusive:
        case Verdict::Fail:
        case Verdict::Hang:
        case Verdict::Crash:
        case Verdict::Error:
            return false;
    }
    return false;
}

/// A text of JSON is one of YAML.
std::string quote(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// Findings are a block of lines: the reader of `prove` takes a quoted one with a colon for a map.
std::string yaml_block(const CaseResult& result) {
    std::string text = fmt::format("  ---\n  verdict: {}\n", to_string(result.verdict));
    if (!result.reason.empty()) text += fmt::format("  message: {}\n", quote(result.reason));
    if (!result.findings.empty()) text += "  findings: |\n";
    for (const Finding& finding : result.findings)
        text += fmt::format("    {}\n", one_line(finding.message()));
    if (!result.pcapng.empty()) text += fmt::format("  pcapng: {}\n", quote(result.pcapng));
    return text + fmt::format("  again: {}\n  ...\n", quote(result.rerun));
}

std::string directive(const CaseResult& result, bool is_one_ok) {
    const bool is_skipped =
        result.verdict == Verdict::NotRun || result.verdict == Verdict::Unsupported;
    if (is_skipped) {
        return fmt::format(" # SKIP {}: {}", to_string(result.verdict), escape_tap(result.reason));
    }
    return result.is_known && !is_one_ok ? " # TODO known to fail" : "";
}

}  // namespace

std::string to_tap(const RunResult& run, bool is_strict) {
    const std::size_t count = run.cases.size() + (run.claims.empty() ? 0 : 1);
    std::string text = fmt::format("TAP version 13\n1..{}\n", count);
    std::size_t number = 0;
    for (const CaseResult& result : run.cases) {
        const bool is_one_ok = is_ok(result.verdict, is_strict);
        text += fmt::format("{} {} - {}{}\n", is_one_ok ? "ok" : "not ok", ++number,
                            escape_tap(result.id), directive(result, is_one_ok));
        if (!is_one_ok) text += yaml_block(result);
    }
    if (!run.claims.empty()) {
        text += fmt::format("not ok {} - statement\n  ---\n  findings: |\n", ++number);
        for (const std::string& claim : run.claims)
            text += fmt::format("    {}\n", one_line(claim));
        text += "  ...\n";
    }
    return text + fmt::format("# {}: {}, seed {}\n", escape_tap(run.iut),
                              to_string(verdict_of(run, is_strict)), run.seed);
}

}  // namespace conform
