// SPDX-License-Identifier: Apache-2.0
/// How far a run is: on a terminal one line that is drawn again and again, below the verdicts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/time.hh"

namespace conform {

struct RunProgress {
    std::size_t done = 0;
    std::size_t total = 0;
    std::size_t failed = 0;
    Duration elapsed{};
    std::vector<std::string_view> running{};  ///< ids of cases, the longest first
};

/// "12/209, 1 failed, 0:40 left: endpoint/x/y and 3 more", of `columns` columns at most. How long
/// is left is told as soon as a case has ended.
std::string describe_progress(const RunProgress& progress, std::size_t columns);

/// How wide the terminal on stdout is.
std::size_t terminal_columns();

/// What draws a line over the one that stands there, and what removes it.
std::string redrawn(std::string_view line);
std::string erased();

}  // namespace conform
