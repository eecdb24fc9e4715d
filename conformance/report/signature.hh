// SPDX-License-Identifier: Apache-2.0
/// What a failure is recognised by: the same text from run to run, whatever ports, sequence numbers
/// and addresses the run has drawn.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/result.hh"

namespace conform {

/// `text` with what differs from run to run taken out: IPv4 and MAC addresses, numbers of more than
/// one digit and long hex. Words with digits in them (s2, 0x01, EP-9) stay.
std::string normalized(std::string_view text);

/// The failure of a case, each once, in the order found: "EP-9: expected 0x05 for s2" for a
/// finding, "HANG", "CRASH" for what became of the device, and the reason of a failure that is no
/// finding's. Empty where nothing failed.
std::vector<std::string> signatures(const CaseResult& result, bool is_strict);

}  // namespace conform
