// SPDX-License-Identifier: Apache-2.0
// The UDP header (RFC 768).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::wire {

inline constexpr std::size_t kUdpHeaderSize = 8;

class UdpView {
  public:
    /// Checks that it is whole UDP, then: 8 bytes there, length, checksum (zero: none was sent).
    /// Bytes of the packet past the length are left out.
    static Result<UdpView, Counter> parse(const Ipv4View& packet);

    std::uint16_t source_port() const { return load_u16(datagram_, 0); }
    std::uint16_t destination_port() const { return load_u16(datagram_, 2); }
    ByteView payload() const { return datagram_.subspan(kUdpHeaderSize); }

  private:
    explicit UdpView(ByteView datagram) : datagram_(datagram) {}
    ByteView datagram_;
};

struct UdpHeader {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;

    /// Length and checksum follow from what `packet` holds as payload.
    void prepend_to(Packet& packet, Ipv4Address source, Ipv4Address destination) const;
};

}  // namespace shunt::wire
