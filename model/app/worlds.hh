// SPDX-License-Identifier: Apache-2.0
// The worlds that are explored, and for each rule one in which it shows what it is for.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace model {

/// What was found in one world.
struct Outcome {
    std::size_t states = 0;
    std::size_t steps = 0;
    /// False: more states than the limit, which were not seen.
    bool is_complete = true;
    /// Whether each state that was seen settles is known.
    bool is_settling_complete = true;
    /// The claim that does not hold, and how it comes to that; empty if all hold.
    std::string broken;
    std::vector<std::string> trace;
    /// States, each with nothing on its way, from which it was asked whether they settle; how many
    /// do not, and one of them.
    std::size_t unsettled = 0;
    std::size_t stuck = 0;
    std::string stuck_state;

    bool holds() const {
        return is_complete && is_settling_complete && broken.empty() && stuck == 0;
    }
};

struct NamedWorld {
    std::string name;
    std::string about;
    /// Explored in seconds; the others take minutes and gigabytes.
    bool is_small = true;
    std::function<Outcome(std::size_t states_max)> explore;
};

/// A world in which one rule is taken away.
struct NamedRule {
    std::string name;
    std::string requirement;
    std::string world;
    std::function<Outcome()> take_away;
};

const std::vector<NamedWorld>& all_worlds();
const std::vector<NamedRule>& all_rules();

}  // namespace model
