// SPDX-License-Identifier: Apache-2.0
/// The kind of farm that a case or a mutant is about.
#pragma once

#include <string_view>

#include "iut/iut.hh"

namespace conform {

/// The device's farm is of the kind: an option of the statement (iut-toml page), "base" for a farm
/// without extensions, or empty for any.
inline bool is_farm_of_kind(const Statement& statement, std::string_view needs) {
    if (needs == "base") return !statement.has_option("ext");
    return needs.empty() || statement.has_option(needs);
}

}  // namespace conform
