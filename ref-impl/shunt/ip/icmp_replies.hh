// SPDX-License-Identifier: Apache-2.0
// The ICMP messages that a host answers with (RFC 792, RFC 1122 3.2.2), rate limited (IP-3).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/base/time.hh"
#include "shunt/ip/token_bucket.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::ip {

/// Each reply is an IPv4 packet from the address that was asked, or the counter that says why
/// there is none.
class IcmpReplies {
  public:
    static constexpr std::int64_t kEchoesPerSecond = 1'000;
    static constexpr std::int64_t kErrorsPerSecond = 100;
    static constexpr std::int64_t kBurst = 50;
    /// Of the packet that an error is about, the header and as much more as keeps the whole
    /// message within 576 bytes (RFC 1812 4.3.2.3).
    static constexpr std::size_t kQuotedBytesMax =
        576 - wire::kIpv4HeaderSize - wire::kIcmpHeaderSize;

    IcmpReplies(PacketPool& pool, Instant now)
        : pool_(pool),
          echoes_(kEchoesPerSecond, kBurst, now),
          errors_(kErrorsPerSecond, kBurst, now) {}

    /// `echo` is the message in `request`, of type Echo. A reply longer than every host must take
    /// may be fragmented on its way.
    Result<Packet, Counter> echo_reply(const wire::Ipv4View& request, const wire::IcmpView& echo,
                                       Instant now);
    /// Nobody listens on the port that the datagram is for.
    Result<Packet, Counter> port_unreachable(const wire::Ipv4View& about, Instant now);
    /// No protocol of this host takes the packet (RFC 1122 3.2.2.1).
    Result<Packet, Counter> protocol_unreachable(const wire::Ipv4View& about, Instant now);
    /// `about` is the first fragment of a datagram whose others did not come (RFC 1122 3.3.2).
    Result<Packet, Counter> reassembly_time_exceeded(const wire::Ipv4View& about, Instant now);
    /// The packet must not be fragmented and the way on takes `mtu` bytes at most (RFC 1191 4).
    Result<Packet, Counter> fragmentation_needed(const wire::Ipv4View& about, std::uint16_t mtu,
                                                 Instant now);

  private:
    Result<Packet, Counter> error(const wire::Ipv4View& about, wire::IcmpHeader header,
                                  Instant now);

    PacketPool& pool_;
    TokenBucket echoes_;
    TokenBucket errors_;
};

}  // namespace shunt::ip
