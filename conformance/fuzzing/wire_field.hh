// SPDX-License-Identifier: Apache-2.0
/// A field of a frame by its name: what a mutation says that it changes.
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

/// Which fields a frame has.
struct FrameForm {
    EncapsulationType type = EncapsulationType::Forwarded;
    bool has_extensions = false;
    bool is_of_flow = false;  ///< UDP, not TCP
    /// Of a frame of the control channel instead, which is in no Ethernet frame: its kind.
    std::uint8_t control_kind = 0;

    auto operator<=>(const FrameForm&) const = default;
    bool is_control() const { return control_kind != 0; }
    /// "0x12 data", "0x30 server state".
    std::string to_string() const;
};

/// Of such a frame as a right sender writes it: the Ethernet source and Type, the encapsulation
/// header, the payload. The inner packet of a 0x02 is a TCP segment with timestamps, or a datagram.
/// Of a control frame: header and body.
const std::vector<WireField>& wire_fields(const FrameForm& form);

/// Null for a name that no such frame has.
const WireField* find_wire_field(const FrameForm& form, std::string_view name);

}  // namespace conform::fuzzing
