// SPDX-License-Identifier: Apache-2.0
/// A case that a run has still to do.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cases/registry.hh"

namespace conform {

struct PlannedCase {
    const CaseInfo* info = nullptr;
    std::size_t place = 0;  ///< in the report
    std::uint32_t round = 1;
    std::uint64_t seed = 0;
};

}  // namespace conform
