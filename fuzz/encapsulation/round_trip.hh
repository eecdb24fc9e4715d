// SPDX-License-Identifier: Apache-2.0
// What parses must survive writing and parsing again, and no view may reach outside of its bytes.
#pragma once

#include "shunt/base/bytes.hh"
#include "shunt/wire/encapsulation.hh"

namespace shunt::fuzz {

/// Aborts where the codec breaks a property on these bytes, which start at the encapsulation header
/// and may end in padding.
void check_round_trip(ByteView bytes, wire::ProtocolSet set);

}  // namespace shunt::fuzz
