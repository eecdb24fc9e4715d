// SPDX-License-Identifier: Apache-2.0
/// Which devices `selfcheck` asks the suite about.
#pragma once

#include <string>
#include <vector>

namespace conform {

struct SelfcheckParts {
    bool mutants = true;
    bool variants = true;
    bool empty_devices = true;

    bool needs_virtual_time() const { return variants || empty_devices; }

    /// Of the words of --part; none: all. Throws UsageError.
    static SelfcheckParts named(const std::vector<std::string>& words);
};

}  // namespace conform
