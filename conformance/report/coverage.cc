// SPDX-License-Identifier: Apache-2.0
#include "report/coverage.hh"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cases/reasons.hh"
#include "cases/requirements.hh"

namespace conform {
namespace {

enum class State : std::uint8_t { Tested, Hole, NotObservable };

State state_of(const Requirement& requirement) {
    if (!cases_of(requirement.id).empty()) return State::Tested;
    return requirement.observable == "none" ? State::NotObservable : State::Hole;
}

std::vector<std::string_view> ids_of(const std::vector<const CaseInfo*>& cases) {
    std::vector<std::string_view> ids;
    ids.reserve(cases.size());
    for (const CaseInfo* info : cases)
        ids.push_back(info->id);
    return ids;
}

std::size_t count(State state, std::string_view profile) {
    const auto& all = all_requirements();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const Requirement& each) {
            return state_of(each) == state && (profile.empty() || each.profile == profile);
        }));
}

std::string describe(const Requirement& requirement) {
    std::string text =
        fmt::format("{} ({}, {}, {})\n    {}\n    source: {}\n", requirement.id, requirement.level,
                    requirement.profile, requirement.set, requirement.text, requirement.source);
    switch (state_of(requirement)) {
        case State::Tested:
            text += "    cases:\n";
            for (const CaseInfo* info : cases_of(requirement.id))
                text += fmt::format("        {}\n            {}\n", info->id, info->claim);
            break;
        case State::Hole:
            text += "    no case yet\n";
            break;
        case State::NotObservable:
            text += fmt::format("    not observable: {}\n", requirement.reason);
            break;
    }
    return text;
}

std::string describe(const CaseInfo& info) {
    std::string text = fmt::format("{}\n    {}\n    profile {}, role {}\n    tests:\n", info.id,
                                   info.claim, info.profile, info.role);
    for (const std::string_view id : info.requirements) {
        const Requirement* requirement = find_requirement(id);
        text += fmt::format("        {} {}\n", id, requirement ? requirement->text : "?");
    }
    if (const Reason* reason = reason_of(info.id)) {
        text +=
            fmt::format("    no mutant is noticed by it alone; it is there because:\n        {}\n",
                        reason->text);
    }
    return text;
}

}  // namespace

std::string explain(const std::string& name) {
    if (const Requirement* requirement = find_requirement(name)) return describe(*requirement);
    for (const CaseInfo& info : all_cases()) {
        if (info.id == name) return describe(info);
    }
    return {};
}

std::string describe_coverage() {
    std::string text;
    for (const Requirement& requirement : all_requirements()) {
        text += fmt::format("{:<9} {:<8} ", requirement.id, requirement.profile);
        switch (state_of(requirement)) {
            case State::Tested:
                text += fmt::format("{}\n", fmt::join(ids_of(cases_of(requirement.id)), " "));
                break;
            case State::Hole:
                text += fmt::format("HOLE (observable: {})\n", requirement.observable);
                break;
            case State::NotObservable:
                text += fmt::format("not observable: {}\n", requirement.reason);
                break;
        }
    }
    text += "\n";
    for (const CaseInfo& info : all_cases())
        text += fmt::format("{} {}\n", info.id, fmt::join(info.requirements, " "));
    return text + fmt::format(
                      "\n{} requirements: {} tested, {} not observable, {} holes; endpoint "
                      "profile: {} tested, {} holes; {} cases\n",
                      all_requirements().size(), count(State::Tested, ""),
                      count(State::NotObservable, ""), count(State::Hole, ""),
                      count(State::Tested, "endpoint"), count(State::Hole, "endpoint"),
                      all_cases().size());
}

std::string coverage_json() {
    using Json = nlohmann::ordered_json;
    constexpr int kIndent = 2;
    Json json;
    json["schema"] = 1;
    json["requirements"] = Json::array();
    for (const Requirement& each : all_requirements()) {
        const State state = state_of(each);
        json["requirements"].push_back(
            {{"id", each.id},
             {"level", each.level},
             {"profile", each.profile},
             {"set", each.set},
             {"state", state == State::Tested ? "tested"
                       : state == State::Hole ? "hole"
                                              : "none"},
             {"reason", each.reason.empty() ? Json(nullptr) : Json(each.reason)},
             {"cases", ids_of(cases_of(each.id))}});
    }
    json["cases"] = Json::array();
    for (const CaseInfo& info : all_cases())
        json["cases"].push_back({{"id", info.id}, {"requirements", info.requirements}});
    return json.dump(kIndent) + "\n";
}

}  // namespace conform
