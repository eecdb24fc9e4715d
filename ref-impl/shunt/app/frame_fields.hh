// SPDX-License-Identifier: Apache-2.0
// An encapsulated frame as JSON: every field under the name that docs/pcaps.md gives it, or the
// first check of FRM-6 that the frame fails.
#pragma once

#include <cstddef>
#include <string>

#include "shunt/base/bytes.hh"
#include "shunt/wire/encapsulation.hh"

namespace shunt::app {

/// One line without its end: {"frame":1,"fields":{..}}, {"frame":1,"fault":"checksum"}, or
/// {"frame":1} for a frame that is not encapsulated. `frame` is from the Ethernet header on, of
/// either Type value (FRM-2) or in the routed binding (FRM-3); frames are counted from 1.
std::string frame_fields(std::size_t number, ByteView frame, wire::ProtocolSet set);

}  // namespace shunt::app
