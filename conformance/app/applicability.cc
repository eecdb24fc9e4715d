// SPDX-License-Identifier: Apache-2.0
#include "app/applicability.hh"

#include <fmt/format.h>

#include <algorithm>

#include "iut/farm_kind.hh"

namespace conform {

std::string why_not(const CaseInfo& info, const Statement& statement) {
    if (!info.profile.empty() && !statement.has_profile(info.profile)) {
        return fmt::format("profile {} is not claimed", info.profile);
    }
    if (!info.role.empty() && !statement.has_role(info.role))
        return fmt::format("role {} is not claimed", info.role);
    const std::string_view missing = missing_of_kind(statement, info.needs);
    if (missing.empty()) return {};
    if (missing == "base") return "a base farm is not claimed";
    return fmt::format("option {} is not claimed", missing);
}

std::vector<std::string> untested_claims(const Statement& statement) {
    std::vector<std::string> untested;
    const auto demand = [&](const char* kind, const std::vector<std::string>& claims,
                            std::string_view CaseInfo::*of) {
        for (const std::string& claim : claims) {
            const bool is_tested =
                std::any_of(all_cases().begin(), all_cases().end(), [&](const CaseInfo& info) {
                    return info.*of == claim && why_not(info, statement).empty();
                });
            if (is_tested) continue;
            untested.push_back(fmt::format("{} {} is claimed, and no case tests it", kind, claim));
        }
    };
    demand("profile", statement.profiles, &CaseInfo::profile);
    demand("role", statement.roles, &CaseInfo::role);
    return untested;
}

}  // namespace conform
