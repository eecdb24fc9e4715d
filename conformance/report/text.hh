// SPDX-License-Identifier: Apache-2.0
/// The verdict report for people: one line per case, then what was found, then the sum.
#pragma once

#include <string>
#include <string_view>

#include "report/result.hh"

namespace conform {

struct TextStyle {
    bool is_terminal = false;
    bool has_color = false;

    /// Colour on a terminal, unless NO_COLOR is set to anything.
    static TextStyle for_stdout();
};

/// "PASS  endpoint/handshake/syn-ack-before-migration", and under it each finding.
std::string describe_case(const CaseResult& result, const TextStyle& style);

/// "CONFORMANT: 5 cases, 5 PASS, seed 1".
std::string describe_run(const RunResult& run, bool is_strict, const TextStyle& style);

/// The verdict in its colour, as wide as the longest.
std::string paint_verdict(Verdict verdict, const TextStyle& style);

/// Without control characters: device output must not drive the terminal.
std::string printable(std::string_view text);

}  // namespace conform
