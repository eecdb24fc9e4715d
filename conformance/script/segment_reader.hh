// SPDX-License-Identifier: Apache-2.0
/// The words of a line that describe a segment, an ICMP error, or what is expected.
#pragma once

#include "script/line_words.hh"
#include "script/script.hh"

namespace conform {

/// What follows `segment`: "SYN,ACK seq 0 ack 1 mss 1460". Throws ScriptError.
SegmentStep read_segment(LineWords& words);

/// What follows `icmp`: "fragmentation-needed mtu 1400 seq 1". Throws ScriptError.
IcmpStep read_icmp(LineWords& words);

/// The head of an expectation that nothing happens; it stands alone.
constexpr const char* kNothing = "nothing";

/// What follows `expect`: "ACK ack 101 after 40". Throws ScriptError.
Expectation read_expectation(LineWords& words);

}  // namespace conform
