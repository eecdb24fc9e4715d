// SPDX-License-Identifier: Apache-2.0
// What the home must see in a client's packet without being its TCP, and the one packet that it
// makes in the client's name (EP-10).
#pragma once

#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/migrate/record.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::migrate::endpoint {

/// The flags of a packet that starts at its IPv4 header; none for what is not TCP. The checksum is
/// the owner's stack to verify, not the home's (FRM-6): what is forwarded is looked at, no more.
wire::TcpFlags flags_of(ByteView packet);
/// It is a TCP segment whose checksum is right. What ends or releases something is looked at this
/// closely: the checksum of a 0x02 covers its header alone (FRM-4).
bool is_intact(ByteView packet);
/// Its sequence number; nothing for what is not a valid TCP segment, checksum included.
std::optional<SequenceNumber> sequence_of(ByteView packet);

/// The next sequence number that a copy of this connection, made before binding, expects from
/// the client: nothing was consumed before, so it is the client's initial one plus one.
std::optional<SequenceNumber> sequence_at_freeze(const Record& record);

/// Writes an IPv4 packet with a reset from the client to the service into the empty `packet`.
void write_client_reset(const wire::ConnectionTuple& tuple, SequenceNumber sequence,
                        Packet& packet);

}  // namespace shunt::migrate::endpoint
