// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/quoted_packet.hh"

#include "shunt/wire/ipv4.hh"

namespace shunt::wire {

Result<QuotedPacketView, Counter> QuotedPacketView::parse(ByteView bytes) {
    constexpr std::size_t transport_size_min = 8;
    if (bytes.size() < kIpv4HeaderSize + transport_size_min || bytes[0] >> 4 != 4) {
        return Failure{Counter::DropIcmpQuote};
    }
    const std::size_t header_size = std::size_t{bytes[0]} % 16 * 4;
    if (header_size < kIpv4HeaderSize || header_size + transport_size_min > bytes.size()) {
        return Failure{Counter::DropIcmpQuote};
    }
    // Behind a later fragment's header there are no ports.
    if ((load_u16(bytes, 6) & 0x1FFF) != 0) return Failure{Counter::DropIcmpQuote};
    return QuotedPacketView(bytes);
}

}  // namespace shunt::wire
