// SPDX-License-Identifier: Apache-2.0
// A segment that a receiver has to answer at once and that changes nothing: without text, at a
// number that it has already (RFC 9293 3.10.7.4, first step). Asks a connection whether it lives.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/bytes.hh"

namespace shunt::bench {

/// Made from a frame of the connection's client; nothing from what is no TCP segment.
std::optional<std::vector<std::uint8_t>> make_old_segment(ByteView frame);

}  // namespace shunt::bench
