// SPDX-License-Identifier: Apache-2.0
// What routers on a link's way do to packets beside losing them: marks of congestion (RFC 3168 5),
// and word to the sender of what is too long (RFC 1191 4).
#pragma once

#include <cstdint>
#include <optional>

#include "shunt/base/packet.hh"

namespace shunt::sim {

/// Marks the IPv4 packet in the frame as Congestion Experienced. False: it may not be marked, or is
/// no IPv4 packet.
bool mark_congestion(MutableBytes frame);

/// The frame that tells the sender of `frame` that no packet longer than `mtu` bytes passes;
/// nothing if it is no IPv4 packet, or may be fragmented. It seems to come from where `frame` went.
std::optional<Packet> too_long_answer(ByteView frame, std::uint16_t mtu, PacketPool& pool);

}  // namespace shunt::sim
