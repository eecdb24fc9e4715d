// SPDX-License-Identifier: Apache-2.0
// The two ends of a connection, and what chance gives it at birth.
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/sequence_number.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::tcp {

/// Local is our end: at a target the service address, not an address of the machine (EP-24).
struct Identity {
    wire::Ipv4Address local_address;
    std::uint16_t local_port = 0;
    wire::Ipv4Address remote_address;
    std::uint16_t remote_port = 0;

    bool operator==(const Identity&) const = default;
};

/// Why no connection can be opened between two ends (RFC 9293 3.9.1.1).
enum class OpenError : std::uint8_t {
    /// No one host can have the remote address: 0/8, 127/8, a group, the reserved block with the
    /// broadcast address (MUST-46). A broadcast address of a link is known to the route table.
    RemoteAddress,
    /// Nor can it have the local one.
    LocalAddress,
    /// A port is 0.
    Port,
};

/// What is wrong with opening a connection between the two ends, if anything.
std::optional<OpenError> open_error(const Identity& identity);

/// Drawn by the caller, because the engine has no randomness of its own: initial_sequence.hh.
struct Chance {
    SequenceNumber initial_sequence;
    /// Added to the 1 ms clock, one per connection (TCP-17; RFC 7323 5.4).
    std::uint32_t timestamp_offset = 0;
};

}  // namespace shunt::tcp
