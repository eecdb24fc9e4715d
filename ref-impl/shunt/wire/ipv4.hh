// SPDX-License-Identifier: Apache-2.0
// The IPv4 header (RFC 791 3.1). Options are skipped, never written.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/ip_protocol.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::wire {

/// Without options: what we write, and the least that is accepted.
inline constexpr std::size_t kIpv4HeaderSize = 20;

/// The last two bits of the type of service (RFC 3168 5).
enum class EcnCodepoint : std::uint8_t {
    NotCapable = 0,
    Capable1 = 1,
    Capable0 = 2,
    /// The network was about to drop the packet.
    CongestionExperienced = 3,
};

class Ipv4View {
  public:
    /// Checks, in this order: 20 bytes there, version, header length, total length, checksum.
    /// Bytes past the total length are padding and left out.
    static Result<Ipv4View, Counter> parse(ByteView bytes);

    std::size_t header_size() const { return std::size_t{load_u8(packet_, 0)} % 16 * 4; }
    std::uint8_t type_of_service() const { return load_u8(packet_, 1); }
    EcnCodepoint ecn() const { return static_cast<EcnCodepoint>(type_of_service() & 3U); }
    std::uint16_t total_length() const { return load_u16(packet_, 2); }
    std::uint16_t identification() const { return load_u16(packet_, 4); }
    bool dont_fragment() const { return (load_u16(packet_, 6) & 0x4000) != 0; }
    bool more_fragments() const { return (load_u16(packet_, 6) & 0x2000) != 0; }
    /// Bytes of the datagram's payload that come before this fragment's.
    std::size_t fragment_offset() const { return (load_u16(packet_, 6) & 0x1FFFU) * 8; }
    bool is_fragment() const { return more_fragments() || fragment_offset() != 0; }
    std::uint8_t ttl() const { return load_u8(packet_, 8); }
    IpProtocol protocol() const { return static_cast<IpProtocol>(load_u8(packet_, 9)); }
    Ipv4Address source() const { return Ipv4Address(load_u32(packet_, 12)); }
    Ipv4Address destination() const { return Ipv4Address(load_u32(packet_, 16)); }

    /// Header and payload: exactly total_length() bytes.
    ByteView packet() const { return packet_; }
    ByteView payload() const { return packet_.subspan(header_size()); }

  private:
    explicit Ipv4View(ByteView packet) : packet_(packet) {}
    ByteView packet_;
};

struct Ipv4Header {
    std::uint8_t type_of_service = 0;
    std::uint16_t identification = 0;
    bool dont_fragment = false;
    bool more_fragments = false;
    /// In bytes, a multiple of 8.
    std::size_t fragment_offset = 0;
    std::uint8_t ttl = 64;
    IpProtocol protocol = IpProtocol::Tcp;
    Ipv4Address source{};
    Ipv4Address destination{};

    /// Total length and checksum follow from what `packet` holds as payload.
    void prepend_to(Packet& packet) const;
};

/// The pseudo header's share of a TCP or UDP checksum (RFC 9293 3.1).
ChecksumAccumulator pseudo_header_sum(Ipv4Address source, Ipv4Address destination,
                                      IpProtocol protocol, std::size_t transport_size);

}  // namespace shunt::wire
