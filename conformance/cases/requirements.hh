// SPDX-License-Identifier: Apache-2.0
/// The requirements of the protocol pages (docs/requirements.toml, compiled in), and which cases
/// test them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cases/registry.hh"

namespace conform {

/// The file as it was when the program was built.
extern const char* const kRequirementsToml;

struct Requirement {
    std::string id;
    std::string level;  ///< MUST, SHOULD or MAY
    std::string profile;
    std::string set;  ///< base or ext
    std::string text;
    std::string source;
    std::string observable;  ///< wire, control or none
    std::string reason;      ///< why it is not observable
};

const std::vector<Requirement>& all_requirements();

/// The one with this id; nullptr if there is none.
const Requirement* find_requirement(std::string_view id);

/// The cases that name it.
std::vector<const CaseInfo*> cases_of(std::string_view requirement);

}  // namespace conform
