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

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
    const auto found = std::min_element(known.begin(), known.end(),
                                        [name](const std::string& a, const std::string& b) {
                                            return distance(a, name) < distance(b, name);
                                        });
    return found == known.end() ? std::string() : *found;
}

}  // namespace conform
