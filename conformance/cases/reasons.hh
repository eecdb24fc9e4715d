// SPDX-License-Identifier: Apache-2.0
/// Why a case is there although some other notices each defect that it notices (reasons.toml,
/// compiled in). The kill matrix holds every case to one or the other (tools/kill-matrix).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conform {

/// The file as it was when the program was built.
extern const char* const kReasonsToml;

struct Reason {
    std::string name;
    std::string text;
    std::vector<std::string> cases;  ///< selectors: ids or globs
};

const std::vector<Reason>& all_reasons();

/// The one for this case; nullptr if there is none.
const Reason* reason_of(std::string_view id);

}  // namespace conform
