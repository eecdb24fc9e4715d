// SPDX-License-Identifier: Apache-2.0
// The 16 byte encapsulation header (S004 F11B, docs/protocol/endpoint.md), behind an Ethernet
// header or, in the routed binding, in a UDP datagram (FRM-3): the same bytes in both.
//
// Reception follows FRM-6 in two steps, because its order puts the receiver's own checks (is
// Dest. IP one of mine? the trailer) between those of the header and those of the payload:
// EncapsulationView::parse() is all up to Protocol; what a payload is parsed with does the rest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/ip_protocol.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::wire {

inline constexpr std::size_t kEncapsulationHeaderSize = 16;
/// Both ports of the routed binding (FRM-3).
inline constexpr std::uint16_t kEncapsulationUdpPort = 7007;

enum class EncapsulationType : std::uint8_t {
    Connection = 0x01,
    Forwarded = 0x02,
    Acknowledgement = 0x03,
    // What follows is of the extended set only.
    Reject = 0x10,
    Release = 0x11,
    Data = 0x12,
    Challenge = 0x13,
    Go = 0x14,
    Missing = 0x15,
};

/// What a farm speaks: what the seeds define, or our extensions too. To a receiver of the base set
/// the extended Types are unknown, and what an extended sender appends is padding.
enum class ProtocolSet : std::uint8_t { Base, Extended };

struct EncapsulationHeader {
    Ipv4Address source{};  // the client
    std::uint16_t source_port = 0;
    Ipv4Address destination{};           // a forward address of the receiver
    std::uint16_t destination_port = 0;  // the service's
    EncapsulationType type = EncapsulationType::Forwarded;
    TransportProtocol protocol = TransportProtocol::Tcp;

    /// `packet` holds the payload and nothing else; the checksum covers it unless it is a
    /// forwarded packet (FRM-4). Padding comes after.
    void prepend_to(Packet& packet) const;

    bool operator==(const EncapsulationHeader&) const = default;
};

class EncapsulationView {
  public:
    /// `bytes` starts at the encapsulation header and may end in padding or a trailer. Checks in
    /// FRM-6's order: 16 bytes there, Type, length, checksum, Protocol.
    static Result<EncapsulationView, Counter> parse(ByteView bytes, ProtocolSet set);

    Ipv4Address source() const { return Ipv4Address(load_u32(bytes_, 0)); }
    std::uint16_t source_port() const { return load_u16(bytes_, 4); }
    Ipv4Address destination() const { return Ipv4Address(load_u32(bytes_, 6)); }
    std::uint16_t destination_port() const { return load_u16(bytes_, 10); }
    EncapsulationType type() const { return static_cast<EncapsulationType>(load_u8(bytes_, 12)); }
    TransportProtocol protocol() const {
        return static_cast<TransportProtocol>(load_u8(bytes_, 13));
    }
    EncapsulationHeader header() const;

    /// Exactly what Type and Protocol demand (FRM-5), length field included. Of an
    /// acknowledgement it is empty, or the 20 bytes of the extended set.
    ByteView payload() const { return bytes_.subspan(kEncapsulationHeaderSize); }

  private:
    explicit EncapsulationView(ByteView bytes) : bytes_(bytes) {}
    ByteView bytes_;  // header and payload, without padding
};

}  // namespace shunt::wire
