// SPDX-License-Identifier: Apache-2.0
// A figure: something of ours beside a named program that does the same or is known to everybody.
// What is judged is the ratio of the two, never a time of this machine.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace shunt::bench {

/// How much is measured.
struct Effort {
    /// Times that ours and the named program take turns.
    std::size_t rounds = 1;
    /// Processor time of one turn, in seconds.
    double turn_seconds = 0.0;
    /// Connections where there are many.
    std::size_t connections = 1;
};

/// A number that is worth showing beside the ratio.
struct Detail {
    std::string text;
    double value = 0.0;
};

/// What was measured: one number of each for each round.
struct Samples {
    std::vector<double> ours;
    std::vector<double> named;
    std::vector<Detail> details;
};

struct Figure {
    std::string name;
    /// What one operation of ours is.
    std::string ours;
    /// The named program, and what it does.
    std::string named;
    /// Of both numbers.
    std::string unit;
    /// Largest ratio ours / named; none: for information.
    std::optional<double> limit;
    std::function<Samples(const Effort&)> measure;
};

/// Every figure, in the order in which they are shown.
std::vector<Figure> all_figures();

}  // namespace shunt::bench
