// SPDX-License-Identifier: Apache-2.0
// ICMP errors about connections and flows that may have moved: at the home they go on to the owner,
// at the owner they reach the engine (docs/protocol/endpoint.md, EP-26; TCP-13).
#pragma once

#include <optional>

#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/forwarded_packets.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/quoted_packet.hh"

namespace shunt::migrate::endpoint {

/// The packet with the error, from its IPv4 header on, goes to the owner as 0x02. One that is too
/// long for the back link is dropped: a fragment of it would say nothing.
void forward_icmp_error(Context& context, const wire::ConnectionTuple& tuple, farm::ServerId owner,
                        Packet packet, Instant now);

/// An error about a connection of this server. True: the engine has taken it; else it is counted.
bool take_icmp_error(Context& context, Slot slot, const wire::IcmpView& message,
                     const wire::QuotedPacketView& quoted, Instant now);

/// One that came as 0x02 from the home of the connection. Returns the slot that has taken it.
std::optional<Slot> take_forwarded_error(Context& context,
                                         const ForwardedPackets::Received& received, Instant now);

}  // namespace shunt::migrate::endpoint
