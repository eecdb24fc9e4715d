// SPDX-License-Identifier: Apache-2.0
#include "app/selfcheck_parts.hh"

#include <fmt/format.h>

#include "attach/attachment.hh"

namespace conform {

SelfcheckParts SelfcheckParts::named(const std::vector<std::string>& words) {
    if (words.empty()) return {};
    SelfcheckParts parts{false, false, false};
    for (const std::string& word : words) {
        if (word == "mutants") {
            parts.mutants = true;
        } else if (word == "variants") {
            parts.variants = true;
        } else if (word == "empty-devices") {
            parts.empty_devices = true;
        } else {
            throw UsageError(
                fmt::format("--part: expected mutants, variants or empty-devices, got {}", word));
        }
    }
    return parts;
}

}  // namespace conform
