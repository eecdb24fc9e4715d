// SPDX-License-Identifier: Apache-2.0
/// The verdict report as TAP 13, for `prove` and other harnesses.
#pragma once

#include <string>

#include "report/result.hh"

namespace conform {

/// A line for each case, and behind what has failed a YAML block. NOT-RUN and UNSUPPORTED are SKIP,
/// what is known to fail is TODO; NON-STRICT is ok unless `is_strict`.
std::string to_tap(const RunResult& run, bool is_strict);

}  // namespace conform
