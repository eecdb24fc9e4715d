// SPDX-License-Identifier: Apache-2.0
// The named program of most figures: libtins parses a frame into its objects. It verifies no
// checksum and copies the text.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/turns.hh"
#include "shunt/base/bytes.hh"

namespace shunt::bench {

/// Parses the same frame, Ethernet, IPv4, TCP and text, again and again.
Loop tins_parse_of(ByteView frame);

}  // namespace shunt::bench
