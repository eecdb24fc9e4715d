// SPDX-License-Identifier: Apache-2.0
/// One case of the page: a line that opens, and behind it reason, requirements, ladder, bytes.
#pragma once

#include <string>

#include "report/result.hh"

namespace conform {

std::string case_to_html(const CaseResult& result);

/// "FAIL" as "fail": the class that has its colour.
std::string verdict_class(Verdict verdict);

}  // namespace conform
