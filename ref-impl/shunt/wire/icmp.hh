// SPDX-License-Identifier: Apache-2.0
// ICMP (RFC 792): the 8 byte header that all messages share, with the meanings of its last four.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::wire {

inline constexpr std::size_t kIcmpHeaderSize = 8;

/// A value that is not listed may be read from the wire.
enum class IcmpType : std::uint8_t {
    EchoReply = 0,
    DestinationUnreachable = 3,
    Echo = 8,
    TimeExceeded = 11,
    ParameterProblem = 12,
};

/// True for the errors that quote the packet they are about.
constexpr bool is_error(IcmpType type) {
    return type == IcmpType::DestinationUnreachable || type == IcmpType::TimeExceeded ||
           type == IcmpType::ParameterProblem;
}

/// Codes of DestinationUnreachable.
inline constexpr std::uint8_t kIcmpProtocolUnreachable = 2;
inline constexpr std::uint8_t kIcmpPortUnreachable = 3;
inline constexpr std::uint8_t kIcmpFragmentationNeeded = 4;
/// Code of TimeExceeded: fragments of a datagram did not come.
inline constexpr std::uint8_t kIcmpReassemblyTimeExceeded = 1;

class IcmpView {
  public:
    /// Checks that it is whole ICMP, then: 8 bytes there, checksum.
    static Result<IcmpView, Counter> parse(const Ipv4View& packet);

    IcmpType type() const { return static_cast<IcmpType>(load_u8(message_, 0)); }
    std::uint8_t code() const { return load_u8(message_, 1); }
    /// Of Echo and EchoReply.
    std::uint16_t identifier() const { return load_u16(message_, 4); }
    /// Of Echo and EchoReply.
    std::uint16_t sequence() const { return load_u16(message_, 6); }
    /// Of DestinationUnreachable with kIcmpFragmentationNeeded (RFC 1191 4); 0: an old router.
    std::uint16_t next_hop_mtu() const { return load_u16(message_, 6); }
    /// Echo data, or the packet that an error quotes.
    ByteView payload() const { return message_.subspan(kIcmpHeaderSize); }

  private:
    explicit IcmpView(ByteView message) : message_(message) {}
    ByteView message_;
};

struct IcmpHeader {
    IcmpType type = IcmpType::EchoReply;
    std::uint8_t code = 0;
    /// Bytes 4 and 5: the identifier of an echo, 0 in errors.
    std::uint16_t identifier = 0;
    /// Bytes 6 and 7: the sequence number of an echo, the next hop's MTU, else 0.
    std::uint16_t sequence_or_mtu = 0;

    /// The checksum follows from what `packet` holds as payload.
    void prepend_to(Packet& packet) const;
};

}  // namespace shunt::wire
