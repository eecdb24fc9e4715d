// SPDX-License-Identifier: Apache-2.0
/// What a run leaves of a case: its capture with comments, and the line that runs it again.
#pragma once

#include <string>
#include <string_view>

#include "app/options.hh"
#include "iut/iut.hh"
#include "pdu/capture.hh"
#include "report/case_record.hh"

namespace conform {

class Evidence {
  public:
    /// `options.seed` and `options.time` are set.
    Evidence(const Options& options, const Iut& iut);

    /// Writes the case's files, where the options name a folder for them, and notes their paths in
    /// `result`. Throws AttachmentError for what cannot be written.
    void write(CaseResult& result, const Conversation& conversation) const;
    /// The result has changed since: all that says it is written anew, from the capture.
    void amend(CaseResult& result) const;
    /// One line for a shell that runs the case again.
    std::string rerun_line(std::string_view id, std::uint64_t seed) const;

  private:
    /// With what and under what the case ran, for people.
    std::string environment(const CaseResult& result) const;
    CaseRecord record_of(const CaseResult& result, const Conversation& conversation) const;

    const Options& options_;
    const Iut& iut_;
    std::string statement_sha256_;
    Duration epoch_offset_{};  ///< from the run's time to that of captures
};

}  // namespace conform
