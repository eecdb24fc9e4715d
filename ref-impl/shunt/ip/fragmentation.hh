// SPDX-License-Identifier: Apache-2.0
// An IPv4 packet that is too long for its way, cut into fragments (RFC 791 3.2, RFC 1122 3.3.5).
#pragma once

#include <cstddef>
#include <vector>

#include "shunt/base/packet.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::ip {

/// Fragments of at most `mtu` bytes (68 at least, RFC 791 3.2), first one first, with the packet's
/// identification. Options are left out. `packet` may be fragmented: it does not forbid it, and is
/// longer than `mtu`. What is a fragment itself is cut into smaller ones.
std::vector<Packet> fragment(const wire::Ipv4View& packet, std::size_t mtu, PacketPool& pool);

}  // namespace shunt::ip
