// SPDX-License-Identifier: Apache-2.0
/// Checksums made right again in frames that were spoilt on purpose: one thing at a time is wrong.
#pragma once

#include "engine/bytes.hh"

namespace conform {

/// Of the IPv4 header at the start of `packet`, over the header length that it names itself, as far
/// as it is there.
void repair_ipv4_checksum(Bytes& packet, std::size_t offset);

/// Of the TCP segment in an IPv4 packet, over the lengths that the packet has.
void repair_tcp_checksum(Bytes& packet);

/// Of the encapsulation header behind Ethernet: over header and payload up to the end of the frame,
/// for type 0x02 over the header alone (FRM-4).
void repair_encapsulation_checksum(Bytes& frame);

}  // namespace conform
