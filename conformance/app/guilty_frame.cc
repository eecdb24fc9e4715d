// SPDX-License-Identifier: Apache-2.0
#include "app/guilty_frame.hh"

#include "attach/stimulus_limit.hh"

namespace conform {

std::optional<std::size_t> first_guilty(std::size_t count,
                                        const std::function<bool(std::size_t)>& is_lost_with) {
    if (!is_lost_with(count)) return std::nullopt;
    if (count == 0 || is_lost_with(0)) return 0;
    std::size_t lives = 0;
    std::size_t dies = count;
    while (dies - lives > 1) {
        const std::size_t middle = lives + (dies - lives) / 2;
        (is_lost_with(middle) ? dies : lives) = middle;
    }
    return dies;
}

std::vector<std::size_t> stimuli_of(const Capture& capture) {
    std::vector<std::size_t> stimuli;
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& each = capture[number];
        if (each.direction == Direction::ToDevice && !is_upkeep(each.bytes)) {
            stimuli.push_back(number);
        }
    }
    return stimuli;
}

}  // namespace conform
