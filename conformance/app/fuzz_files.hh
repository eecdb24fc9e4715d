// SPDX-License-Identifier: Apache-2.0
/// What a fuzzing run leaves: evidence and a case for each finding, and the report.
#pragma once

#include <string>

#include "app/fuzz.hh"

namespace conform {

class FuzzFiles {
  public:
    /// Evidence goes to `findings` in the folder of --out, cases there and to that of --promote.
    FuzzFiles(const Options& options, const Iut& iut);

    /// Notes the paths in `finding`, and the line that shows it again.
    void write(FuzzFinding& finding, const FuzzReport& report, Conversation& conversation) const;

  private:
    std::string rerun_line(const FuzzFinding& finding, const FuzzReport& report) const;

    const Options& options_;
    const Iut& iut_;
    std::string folder_;
};

/// The finding as a case of the suite.
std::string promoted_toml(const FuzzFinding& finding);

std::string to_json(const FuzzReport& report);
std::string describe_finding(const FuzzFinding& finding);
/// The last line: how many cases, and what was found.
std::string describe_fuzz(const FuzzReport& report);

}  // namespace conform
