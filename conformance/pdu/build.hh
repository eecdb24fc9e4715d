// SPDX-License-Identifier: Apache-2.0
/// Frames and packets made from values. All checksums and lengths come out right; who wants them
/// wrong patches the bytes afterwards.
#pragma once

#include "engine/bytes.hh"
#include "pdu/frame.hh"

namespace conform {

/// Without padding: FRM-5 wants frames below 60 bytes accepted.
Bytes encode_ethernet(MacAddress destination, MacAddress source, std::uint16_t type,
                      ByteView payload);

/// The IPv4 packet that carries `segment`.
Bytes encode_tcp_packet(const TcpSegment& segment);

/// The IPv4 packet that carries `datagram`, with DF and a checksum.
Bytes encode_udp_packet(const UdpDatagram& datagram);

/// The IPv4 packet that carries an ICMP echo request or reply.
Bytes encode_icmp_packet(const IcmpMessage& message);

Bytes encode_arp(const ArpMessage& message);

/// Header and payload; the checksum is computed (FRM-4), the value's own is not looked at.
Bytes encode_encapsulation(const Encapsulation& encapsulation);

}  // namespace conform
