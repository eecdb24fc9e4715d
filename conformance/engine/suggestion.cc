// SPDX-License-Identifier: Apache-2.0
#include "engine/suggestion.hh"

#include <algorithm>

namespace conform {
namespace {

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] =
                std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row.back();
}

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
    for (const std::string& each : known) {
        // A name that is longer by as much cannot be nearer; names from a file may be very long.
        const std::size_t longer = std::max(each.size(), name.size());
        const std::size_t shorter = std::min(each.size(), name.size());
        if (longer - shorter >= best_distance) continue;
        const std::size_t changes = distance(each, name);
        if (changes >= best_distance) continue;
        best = each;
        best_distance = changes;
    }
    return best.empty() ? std::string() : "; did you mean " + std::string(best) + "?";
}

}  // namespace conform
