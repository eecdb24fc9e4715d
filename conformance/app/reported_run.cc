// SPDX-License-Identifier: Apache-2.0
#include "app/reported_run.hh"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "app/applicability.hh"
#include "attach/json_line.hh"
#include "report/json.hh"

namespace conform {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kCasesMax = 1'000'000;

const Json& member(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || found == object.end())
        throw ReportError(fmt::format("has no {}", key));
    return *found;
}

std::string text_of(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_string()) throw ReportError(fmt::format("{}: expected a text", key));
    return value.get<std::string>();
}

std::uint64_t number_of(const Json& object, const char* key, std::uint64_t most) {
    const Json& value = member(object, key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most)
        throw ReportError(fmt::format("{}: expected a number within its bounds", key));
    return value.get<std::uint64_t>();
}

std::vector<std::string> texts_of(const Json& object, const char* key) {
    const Json& list = member(object, key);
    const bool is_list =
        list.is_array() &&
        std::all_of(list.begin(), list.end(), [](const Json& j) { return j.is_string(); });
    if (!is_list) throw ReportError(fmt::format("{}: expected a list of texts", key));
    return list.get<std::vector<std::string>>();
}

const CaseInfo* find_case(const std::string& id) {
    const auto& suite = all_cases();
    const auto found = std::find_if(suite.begin(), suite.end(),
                                    [&id](const CaseInfo& info) { return info.id == id; });
    return found == suite.end() ? nullptr : &*found;
}

/// A connection of a capture: its evidence says which, and the bundle has it.
bool is_played(const ReportedCase& reported) {
    return reported.id.starts_with("replay/");
}

}  // namespace

ReportedRun::ReportedRun(std::string_view text) : json_(parse_json_line(text)) {
    if (!json_.is_object() || member(json_, "schema") != Json(1))
        throw ReportError("is no report of schema 1");
    seed_ = number_of(json_, "seed", UINT64_MAX);
    const Json& strict = member(json_, "strict");
    if (!strict.is_boolean()) throw ReportError("strict: expected true or false");
    is_strict_ = strict.get<bool>();
    untested_ = texts_of(json_, "untested");
    claims_ = texts_of(json_, "claims");
    const Json& qualification = member(json_, "qualification");
    has_troubles_ = !qualification.is_null() && !texts_of(qualification, "troubles").empty();
    const Json& cases = member(json_, "cases");
    if (!cases.is_array() || cases.size() > kCasesMax)
        throw ReportError(fmt::format("cases: expected a list of {} at most", kCasesMax));
    cases_.reserve(cases.size());
    for (const Json& each : cases)
        read_case(each);
}

void ReportedRun::read_case(const Json& json) {
    ReportedCase reported;
    reported.id = text_of(json, "id");
    reported.round = static_cast<std::uint32_t>(number_of(json, "round", UINT32_MAX));
    if (reported.round == 0) throw ReportError("round: expected 1 or more");
    const std::string verdict = text_of(json, "verdict");
    const auto* found = std::find_if(std::begin(kVerdicts), std::end(kVerdicts),
                                     [&](Verdict each) { return to_string(each) == verdict; });
    if (found == std::end(kVerdicts)) throw ReportError("verdict: expected one, got " + verdict);
    reported.verdict = *found;
    if (!member(json, "pcapng").is_null())
        reported.capture = std::filesystem::path(text_of(json, "pcapng")).filename().string();
    reported.json = json;
    cases_.push_back(std::move(reported));
}

std::uint32_t ReportedRun::rounds() const {
    std::uint32_t rounds = 1;
    for (const ReportedCase& each : cases_)
        rounds = std::max(rounds, each.round);
    return rounds;
}

bool ReportedRun::is_whole() const {
    const bool has_others = std::any_of(cases_.begin(), cases_.end(), is_played);
    return !has_others && cases_.size() == all_cases().size() * rounds();
}

RunVerdict ReportedRun::verdict(const Statement& statement) const {
    RunResult run;
    run.untested = untested_;
    run.claims = claims_;
    if (has_troubles_) run.qualification.emplace().troubles = {"some"};
    run.cases.reserve(cases_.size());
    for (const ReportedCase& each : cases_) {
        CaseResult result;
        result.verdict = each.verdict;
        const CaseInfo* info = find_case(each.id);
        result.is_claimed = info == nullptr || why_not(*info, statement).empty();
        run.cases.push_back(std::move(result));
    }
    return verdict_of(run, is_strict_);
}

std::vector<std::string> ReportedRun::contradictions(const Statement& statement) const {
    std::vector<std::string> found;
    std::set<std::pair<std::string, std::uint32_t>> seen;
    std::map<std::string, std::uint64_t> counts;
    for (const ReportedCase& each : cases_) {
        ++counts[std::string(to_string(each.verdict))];
        if (find_case(each.id) == nullptr && !is_played(each))
            found.push_back(fmt::format("has {}, a case that this suite has not", each.id));
        if (!seen.emplace(each.id, each.round).second)
            found.push_back(fmt::format("has {} twice in round {}", each.id, each.round));
        if (each.verdict <= Verdict::NonStrict && each.capture.empty()) {
            found.push_back(
                fmt::format("says {} of {} without a capture", to_string(each.verdict), each.id));
        }
    }
    if (member(json_, "counts") != Json(counts))
        found.emplace_back("has other counts than its cases give");
    const auto played = std::count_if(cases_.begin(), cases_.end(), is_played);
    const bool is_suites = static_cast<std::size_t>(played) < cases_.size();
    if (is_suites && played > 0)
        found.emplace_back("has connections of captures beside cases of the suite");
    if (is_suites && member(json_, "selection").is_null() && !is_whole())
        found.emplace_back("is of the whole suite, and has not all of its cases");
    for (const std::string& each : is_whole() ? untested_claims(statement) : untested_) {
        if (std::find(untested_.begin(), untested_.end(), each) == untested_.end())
            found.push_back(fmt::format("does not say that {}", each));
    }
    const std::string own = text_of(json_, "verdict");
    const std::string_view counted = to_string(verdict(statement));
    if (own != counted)
        found.push_back(fmt::format("has the verdict {}, and its cases give {}", own, counted));
    if (member(json_, "iut") != Json(statement.name))
        found.emplace_back("is of another device than the statement");
    return found;
}

std::string ReportedRun::difference(const ReportedCase& reported, const CaseResult& result) const {
    const Json now = parse_json_line(case_to_json(result, is_strict_));
    for (const char* key : {"id", "verdict", "reason", "requirements", "expected", "actual",
                            "frame", "findings", "signatures", "rerun"}) {
        const Json& said = member(reported.json, key);
        if (said == now[key]) continue;
        constexpr std::size_t kShown = 200;
        const auto shown = [](const Json& value) {
            return value.is_string() ? value.get<std::string>().substr(0, kShown)
                                     : value.dump(-1, ' ', true).substr(0, kShown);
        };
        return fmt::format("the report says {} for {}, judged again {}", shown(said), key,
                           shown(now[key]));
    }
    return {};
}

}  // namespace conform
