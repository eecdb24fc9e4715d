// SPDX-License-Identifier: Apache-2.0
/// A field of an encapsulated frame by its name: what a mutation says that it changes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pdu/encapsulation.hh"

namespace conform::fuzzing {

struct WireField {
    std::string name;        ///< "checksum", "tcb.snd_una", "ip.ttl"
    std::size_t offset = 0;  ///< in the whole frame, Ethernet header first
    std::size_t size = 0;    ///< bytes, eight at most
};

/// Of a frame of that Type as a right sender writes it: the Ethernet source and Type, the
/// encapsulation header, the payload. The inner packet of a 0x02 is a TCP segment with timestamps.
const std::vector<WireField>& wire_fields(EncapsulationType type, bool has_extensions);

/// Null for a name that no such frame has.
const WireField* find_wire_field(EncapsulationType type, bool has_extensions,
                                 std::string_view name);

}  // namespace conform::fuzzing
