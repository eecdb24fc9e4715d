// SPDX-License-Identifier: Apache-2.0
/// The verdict report as one page that needs nothing else: it is read offline, without scripts, by
/// keyboard, on paper, in the dark.
#pragma once

#include <string>

#include "report/result.hh"

namespace conform {

std::string to_html(const RunResult& run, bool is_strict);

}  // namespace conform
