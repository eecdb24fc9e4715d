// SPDX-License-Identifier: Apache-2.0
// The packet that an ICMP error quotes: an IPv4 header and at least 8 bytes behind it (RFC 792).
// What it quotes may be cut short and may have been changed on its way; no checksum is verified.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/ip_protocol.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::wire {

class QuotedPacketView {
  public:
    /// `bytes` is the payload of an ICMP error. Checks: an IPv4 header without a fragment's
    /// offset, and 8 bytes behind it.
    static Result<QuotedPacketView, Counter> parse(ByteView bytes);

    /// As the header states it; more than what is quoted.
    std::uint16_t total_length() const { return load_u16(packet_, 2); }
    IpProtocol protocol() const { return static_cast<IpProtocol>(load_u8(packet_, 9)); }
    Ipv4Address source() const { return Ipv4Address(load_u32(packet_, 12)); }
    Ipv4Address destination() const { return Ipv4Address(load_u32(packet_, 16)); }
    /// Of TCP and UDP.
    std::uint16_t source_port() const { return load_u16(transport(), 0); }
    /// Of TCP and UDP.
    std::uint16_t destination_port() const { return load_u16(transport(), 2); }
    /// Of TCP: RFC 5927 4.1 checks it against what is in flight.
    SequenceNumber sequence() const { return SequenceNumber(load_u32(transport(), 4)); }

  private:
    explicit QuotedPacketView(ByteView packet) : packet_(packet) {}
    ByteView transport() const { return packet_.subspan(std::size_t{packet_[0]} % 16 * 4); }
    ByteView packet_;
};

}  // namespace shunt::wire
