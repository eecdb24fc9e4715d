// SPDX-License-Identifier: Apache-2.0
/// Selectors as a user gives them, those of @FILE among them, each with where it stands.
#pragma once

#include <string>
#include <vector>

namespace conform {

struct PlacedSelector {
    std::string text;
    std::string place;  ///< "FILE:LINE: ", empty for the command line
};

/// Each word, and for @FILE its lines: one selector each, blanks around it and what stands behind #
/// are no part of it. Throws UsageError for a file that cannot be read, has no selector or too
/// many, or names another file.
std::vector<PlacedSelector> expand_selectors(const std::vector<std::string>& words);

}  // namespace conform
