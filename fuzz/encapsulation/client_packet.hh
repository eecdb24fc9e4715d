// SPDX-License-Identifier: Apache-2.0
// What the client of every connection says, and the control block of its connections to s1.
#pragma once

#include "shunt/base/bytes.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/control_block.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::fuzz {

/// The client's first number, in every connection.
inline constexpr SequenceNumber kClientInitial{0x11110000};
/// s1's first number in the connections that moved from it.
inline constexpr SequenceNumber kServiceInitial{0x22220000};

/// Of an established connection to s1 that was idle: 0x01 of attempt 1.
wire::ControlBlock fresh_block();

/// Writes the client's next IPv4 packet, acknowledging s1's SYN/ACK, into the empty `packet`.
void write_client_packet(const wire::ConnectionTuple& tuple, wire::TcpFlags flags, ByteView text,
                         Packet& packet);

}  // namespace shunt::fuzz
