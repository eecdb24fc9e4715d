// SPDX-License-Identifier: Apache-2.0
/// The verdict report as JSON (interfaces page, "Verdict report").
#pragma once

#include <string>

#include "report/result.hh"

namespace conform {

std::string to_json(const RunResult& run, bool is_strict);

/// What `qualify --json` writes.
std::string qualification_json(const Qualification& qualification);

/// One of its `cases`.
std::string case_to_json(const CaseResult& result, bool is_strict);

}  // namespace conform
