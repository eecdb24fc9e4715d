// SPDX-License-Identifier: Apache-2.0
// The Ethernet II header. Its type is read from bytes 12 and 13 as they are, also where it lies
// below 0x0600 and others would see an 802.3 length: 0x0007 is a Type of ours (FRM-2).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::wire {

inline constexpr std::size_t kEthernetHeaderSize = 14;

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
/// Encapsulated frames, a farm's default: the local experimental EtherType (FRM-2).
inline constexpr std::uint16_t kEtherTypeEncapsulation = 0x88B5;
/// Encapsulated frames, the value that the figures print (S004 F11A, FRM-2).
inline constexpr std::uint16_t kEtherTypeEncapsulationFigures = 0x0007;

class EthernetView {
  public:
    static Result<EthernetView, Counter> parse(ByteView frame);

    MacAddress destination() const { return MacAddress::load(frame_, 0); }
    MacAddress source() const { return MacAddress::load(frame_, 6); }
    std::uint16_t type() const { return load_u16(frame_, 12); }
    /// All behind the header, padding included.
    ByteView payload() const { return frame_.subspan(kEthernetHeaderSize); }

  private:
    explicit EthernetView(ByteView frame) : frame_(frame) {}
    ByteView frame_;
};

struct EthernetHeader {
    MacAddress destination{};
    MacAddress source{};
    std::uint16_t type = 0;

    void prepend_to(Packet& packet) const;
};

}  // namespace shunt::wire
