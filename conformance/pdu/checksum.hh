// SPDX-License-Identifier: Apache-2.0
/// Internet checksum (RFC 1071), the plain way: libtins verifies none, so the judge does.
#pragma once

#include <cstdint>

#include "engine/bytes.hh"
#include "pdu/address.hh"

namespace conform {

/// One's complement sum of big-endian 16 bit words, an odd last byte as if a zero followed it.
/// 0xFFFF over bytes that contain their own checksum means that it is right.
std::uint16_t ones_complement_sum(ByteView bytes, std::uint32_t start = 0);

/// Sum of the pseudo header of TCP and UDP (RFC 9293 3.1), to start ones_complement_sum with.
std::uint32_t pseudo_header_sum(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol,
                                std::size_t length);

/// What the field has to hold: the complement of the sum with the field as zero.
std::uint16_t internet_checksum(ByteView bytes, std::uint32_t start = 0);

}  // namespace conform
