// SPDX-License-Identifier: Apache-2.0
#include "cases/requirements.hh"

#include <algorithm>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

namespace conform {
namespace {

std::vector<Requirement> read() {
    const toml::table file = toml::parse(kRequirementsToml);
    std::vector<Requirement> requirements;
    for (const toml::node& node : *file["requirement"].as_array()) {
        const toml::table& table = *node.as_table();
        const auto text = [&table](const char* key) { return table[key].value_or(std::string()); };
        requirements.push_back({text("id"), text("level"), text("profile"), text("set"),
                                text("text"), text("source"), text("observable"), text("reason")});
    }
    return requirements;
}

}  // namespace

const std::vector<Requirement>& all_requirements() {
    static const std::vector<Requirement> kRequirements = read();
    return kRequirements;
}

const Requirement* find_requirement(std::string_view id) {
    const std::vector<Requirement>& all = all_requirements();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [id](const Requirement& each) { return each.id == id; });
    return found == all.end() ? nullptr : &*found;
}

std::vector<const CaseInfo*> cases_of(std::string_view requirement) {
    std::vector<const CaseInfo*> cases;
    for (const CaseInfo& info : all_cases()) {
        if (std::count(info.requirements.begin(), info.requirements.end(), requirement) > 0) {
            cases.push_back(&info);
        }
    }
    return cases;
}

}  // namespace conform
