// SPDX-License-Identifier: Apache-2.0
#include "app/expectations.hh"

#include <fmt/format.h>

#include <algorithm>

#include "attach/attachment.hh"
#include "engine/selector.hh"
#include "iut/iut_file.hh"
#include "iut/iut_reader.hh"
#include "iut/iut_text.hh"
#include "report/signature.hh"

namespace conform {
namespace {

constexpr std::size_t kEntriesMax = 1'000;
constexpr std::size_t kPatternMax = 200;
/// What a new entry is given before somebody has to look at it again.
constexpr std::uint32_t kDaysGiven = 90;

bool matches(const KnownFailure& each, const CaseResult& result) {
    return glob_matches(each.pattern, result.id);
}

bool has_run(const CaseResult& result) {
    return result.verdict != Verdict::NotRun && result.verdict != Verdict::Inconclusive &&
           result.verdict != Verdict::Error;
}

std::string filled_in(IutReader& entry, const char* key) {
    std::string text = entry.text(key);
    if (text.find_first_not_of(' ') == std::string::npos) entry.fail(key, "a text, not empty");
    return text;
}

KnownFailure read_entry(IutReader& entry, const std::string& name) {
    KnownFailure each;
    each.pattern = filled_in(entry, "case");
    if (each.pattern.size() > kPatternMax) {
        entry.fail("case", fmt::format("a pattern of {} letters at most", kPatternMax));
    }
    if (each.pattern.starts_with('^')) entry.fail("case", "which cases fail, not which do not");
    each.signature = filled_in(entry, "signature");
    each.reason = filled_in(entry, "reason");
    each.owner = filled_in(entry, "owner");
    each.expires = entry.date("expires");
    each.place = fmt::format("{}:{}: ", name, entry.line());
    entry.refuse_others();
    return each;
}

/// What `each` says of a case that has run, and is not so; empty if it is.
std::string contradiction(const KnownFailure& each, const CaseResult& result, bool is_strict) {
    const std::vector<std::string> found = signatures(result, is_strict);
    if (found.empty()) {
        return fmt::format("{} is known to fail, and is {}", result.id, to_string(result.verdict));
    }
    if (std::find(found.begin(), found.end(), each.signature) != found.end()) return {};
    return fmt::format("{} fails otherwise than known: '{}', not '{}'", result.id,
                       fmt::join(found, "', '"), each.signature);
}

}  // namespace

std::vector<KnownFailure> parse_expectations(std::string_view text, const std::string& name) {
    std::vector<KnownFailure> expectations;
    try {
        const toml::table table = parse_toml(text, name);
        IutReader file(table, name, "");
        std::vector<IutReader> entries = file.tables("known");
        if (entries.size() > kEntriesMax) {
            file.fail("known", fmt::format("{} entries at most", kEntriesMax));
        }
        expectations.reserve(entries.size());
        for (IutReader& entry : entries)
            expectations.push_back(read_entry(entry, name));
        file.refuse_others();
    } catch (const IutFileError& error) {
        throw UsageError(error.what());
    }
    return expectations;
}

std::vector<KnownFailure> load_expectations(const std::string& path) {
    std::string text;
    try {
        text = read_iut_text(path);
    } catch (const IutFileError& error) {
        throw UsageError(error.what());
    }
    return parse_expectations(text, path);
}

bool is_known(const std::vector<KnownFailure>& expectations, const CaseResult& result,
              const Date& today, bool is_strict) {
    const std::vector<std::string> found = signatures(result, is_strict);
    return !found.empty() && std::ranges::all_of(found, [&](const auto& signature) {
        return std::ranges::any_of(expectations, [&](const KnownFailure& each) {
            return matches(each, result) && each.signature == signature && !(each.expires < today);
        });
    });
}

void apply_expectations(const std::vector<KnownFailure>& expectations,
                        const std::vector<CaseInfo>& suite, const Date& today, bool is_strict,
                        RunResult& run) {
    const auto complain = [&run](const KnownFailure& each, const std::string& what) {
        run.known_failing.complaints.push_back(each.place + what);
    };
    for (const KnownFailure& each : expectations) {
        const bool is_of_suite = std::any_of(suite.begin(), suite.end(), [&](const CaseInfo& info) {
            return glob_matches(each.pattern, info.id);
        });
        if (!is_of_suite) complain(each, fmt::format("no case is called {}", each.pattern));
        if (each.expires < today) {
            complain(each, fmt::format("has expired on {}, ask {}", each.expires.to_string(),
                                       each.owner));
        }
        for (const CaseResult& result : run.cases) {
            if (!matches(each, result) || !has_run(result)) continue;
            const std::string what = contradiction(each, result, is_strict);
            if (!what.empty()) complain(each, what);
        }
    }
    for (CaseResult& result : run.cases)
        result.is_known = is_known(expectations, result, today, is_strict);
}

std::string describe_expectations(const RunResult& run, const Date& today, bool is_strict) {
    std::string text =
        "# Failures that are known (docs/conformance.md). Each needs a reason and an owner.\n";
    const auto quoted = [](const std::string& value) {
        std::string result = "\"";
        for (const char c : value) {
            if (c == '"' || c == '\\') result += '\\';
            const bool is_control = (c >= 0 && c < ' ') || c == 127;
            result += is_control ? '?' : c;
        }
        return result + "\"";
    };
    for (const CaseResult& result : run.cases) {
        if (result.is_known) continue;
        for (const std::string& signature : signatures(result, is_strict)) {
            text += fmt::format(
                "\n[[known]]\ncase = {}\nsignature = {}\nreason = \"\"\nowner = \"\"\n"
                "expires = {}\n",
                quoted(result.id), quoted(signature), today.plus_days(kDaysGiven).to_string());
        }
    }
    return text;
}

}  // namespace conform
