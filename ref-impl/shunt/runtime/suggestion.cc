// SPDX-License-Identifier: Apache-2.0
#include "shunt/runtime/suggestion.hh"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace shunt::runtime {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    using Row = std::vector<std::size_t>;
    Row two_above(b.size() + 1);
    Row above(b.size() + 1);
    Row current(b.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitution = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({above[j] + 1, current[j - 1] + 1, substitution});
            const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap) current[j] = std::min(current[j], two_above[j - 2] + 1);
        }
        std::swap(two_above, above);
        std::swap(above, current);
    }
    return above[b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= best_distance) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

}  // namespace shunt::runtime
