// SPDX-License-Identifier: Apache-2.0
// The payload of 0x02: a client's own IPv4 packet (S002 c30), or an ICMP error about what was sent
// to it (EP-26).
#pragma once

#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::wire {

class ForwardedPacket {
  public:
    /// `view` is of Type 0x02. Checks in FRM-6's order: inner version, header length, total length,
    /// header checksum; inner protocol; inner source; inner destination port; and of SEC-2 what
    /// needs no knowledge of the farm. The transport checksum is the stack's to verify.
    static Result<ForwardedPacket, Counter> parse(const EncapsulationView& view);

    /// The inner packet; may be a fragment.
    const Ipv4View& packet() const { return packet_; }
    /// What the packet is looked up by, whether or not it holds ports itself.
    const ConnectionTuple& tuple() const { return tuple_; }
    /// True if it is not the client's packet but an error about one that was sent to the client.
    bool is_icmp_error() const { return packet_.protocol() == IpProtocol::Icmp; }

  private:
    ForwardedPacket(const Ipv4View& packet, const ConnectionTuple& tuple)
        : packet_(packet), tuple_(tuple) {}

    Ipv4View packet_;
    ConnectionTuple tuple_;
};

}  // namespace shunt::wire
