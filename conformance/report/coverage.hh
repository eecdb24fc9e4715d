// SPDX-License-Identifier: Apache-2.0
/// Which requirement is tested by which case, and the other way round.
#pragma once

#include <string>

namespace conform {

/// A requirement's sentence and its cases, or a case's claim, what it is for and the sentences that
/// it tests. Empty if `name` is neither.
std::string explain(const std::string& name);

/// Both directions; what is not observable with the reason; holes, which a wire would show and no
/// case looks for, marked HOLE. The last line sums up.
std::string describe_coverage();
std::string coverage_json();

}  // namespace conform
