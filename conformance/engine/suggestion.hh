// SPDX-License-Identifier: Apache-2.0
/// What somebody may have meant who wrote a name that is not there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conform {

/// "; did you mean NAME?" with the one of `known` that the fewest letters have to be changed in
/// (Levenshtein); empty if that would be more than a third of what was written.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

}  // namespace conform
