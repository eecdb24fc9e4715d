// SPDX-License-Identifier: Apache-2.0
/// What carries the farm's frames (FRM-2, FRM-3). Cases write them behind an Ethernet header; in
/// the routed binding they leave in UDP datagrams, between the forward IPs of the two stations.
#pragma once

#include <map>

#include "iut/iut.hh"

namespace conform {

class Binding {
  public:
    explicit Binding(const Iut& iut);

    const Framing& framing() const { return framing_; }

    /// The frame as it leaves in this farm; one that is not of the farm's Type as it is.
    Bytes carry(Bytes frame) const;
    /// The datagram of a frame of the farm's Type, whichever binding the farm has. A station of
    /// nobody's gets an address of nobody's.
    UdpDatagram datagram_of(ByteView frame) const;
    /// A datagram instead of what was behind the frame's Ethernet header.
    static Bytes in_ethernet(ByteView frame, ByteView packet);

  private:
    Ipv4Address address_of(const MacAddress& station) const;

    Framing framing_;
    std::map<MacAddress, Ipv4Address> stations_;
};

}  // namespace conform
