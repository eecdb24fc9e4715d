// SPDX-License-Identifier: Apache-2.0
/// The failures that the owner of a device knows (--known-failing): each with what it is recognised
/// by, why it is there, who cares for it and until when; and what does not agree with them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cases/registry.hh"
#include "engine/date.hh"
#include "report/result.hh"

namespace conform {

struct KnownFailure {
    std::string pattern;
    std::string signature;
    std::string reason;
    std::string owner;
    Date expires;
    std::string place;  ///< "FILE:LINE: "
};

/// Reads the file (docs/conformance.md, "Known failures"). Throws UsageError with file and line.
std::vector<KnownFailure> parse_expectations(std::string_view text, const std::string& name);
std::vector<KnownFailure> load_expectations(const std::string& path);

/// Whether entries that have not expired name all of the failure.
bool is_known(const std::vector<KnownFailure>& expectations, const CaseResult& result,
              const Date& today, bool is_strict);

/// Marks the cases of `run` all of whose failure is expected, and notes what an entry says that is
/// not so: it names no case of `suite`, has expired, or a case that it names passes or fails
/// otherwise.
void apply_expectations(const std::vector<KnownFailure>& expectations,
                        const std::vector<CaseInfo>& suite, const Date& today, bool is_strict,
                        RunResult& run);

/// A file with an entry for each failure of `run` that is not known: reason and owner are left
/// empty, for their authors to fill in.
std::string describe_expectations(const RunResult& run, const Date& today, bool is_strict);

}  // namespace conform
