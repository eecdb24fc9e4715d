// SPDX-License-Identifier: Apache-2.0
/// The verdict report as JUnit XML, for CI servers.
#pragma once

#include <string>

#include "report/result.hh"

namespace conform {

/// One suite; a case's folder is its classname. FAIL, HANG and CRASH are failures (NON-STRICT too
/// with `is_strict`), ERROR and INCONCLUSIVE errors, NOT-RUN and UNSUPPORTED skipped. Findings are
/// the text of the failure.
std::string to_junit(const RunResult& run, bool is_strict);

}  // namespace conform
