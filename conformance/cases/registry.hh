// SPDX-License-Identifier: Apache-2.0
/// The list of cases: what each is called, what it tests, what a device must claim for it.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "engine/task.hh"
#include "roles/stage.hh"

namespace conform {

struct CaseInfo {
    /// profile/section/claim-in-words; never changes once published.
    std::string_view id;
    /// One sentence for people.
    std::string_view claim;
    std::vector<std::string_view> requirements;
    /// What the device has to claim for this case; empty: nothing.
    std::string_view profile;
    /// What the device has to be for this case; empty: any host.
    std::string_view role;
    std::function<Task<>(Stage& stage)> run;
    /// The farm has to be of this kind: options of the statement (iut-toml page) with a blank
    /// between them, "base" for a farm without extensions, or empty.
    std::string_view needs{};
    /// Whether the case is about a member of a farm, which has two links.
    bool needs_back = true;
};

/// Every case of the suite, in the order of the protocol's pages.
const std::vector<CaseInfo>& all_cases();

}  // namespace conform
