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

    /// What the finding's files are called, and the line that shows it again.
    void note_rerun(FuzzFinding& finding, const FuzzReport& report) const;
    /// Notes the paths in `finding`. Throws AttachmentError and filesystem_error.
    void write(FuzzFinding& finding, Conversation& conversation) const;

  private:
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
