// SPDX-License-Identifier: Apache-2.0
// An ICMP error about a segment of ours, as a connection takes it (RFC 792, RFC 1122 4.2.3.9): what
// the host has read from the message and from the packet that it quotes.
#pragma once

#include <cstdint>

#include "shunt/base/sequence_number.hh"
#include "shunt/wire/icmp.hh"

namespace shunt::tcp {

/// No path MTU is taken to be less (TCP-13).
inline constexpr std::uint16_t kPathMtuMin = 552;

/// The host has found the connection by the quoted addresses and ports; whether the quoted sequence
/// number is one in flight is the connection's to check (RFC 5927 4.1, TCP-13).
struct IcmpError {
    /// One for which is_error() holds.
    wire::IcmpType type = wire::IcmpType::DestinationUnreachable;
    std::uint8_t code = 0;
    /// Of "fragmentation needed" (RFC 1191 4), in bytes; 0: a router that does not tell.
    std::uint16_t next_hop_mtu = 0;
    /// Total length that the quoted header states, in bytes: what a router that does not tell its
    /// MTU found too long (RFC 1191 5).
    std::uint16_t quoted_length = 0;
    /// Of the quoted segment.
    SequenceNumber sequence;

    /// The packet must not be fragmented and was too long for the next hop.
    bool is_fragmentation_needed() const {
        return type == wire::IcmpType::DestinationUnreachable &&
               code == wire::kIcmpFragmentationNeeded;
    }
};

}  // namespace shunt::tcp
