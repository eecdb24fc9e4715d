// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/arp.hh"

namespace shunt::wire {
namespace {

constexpr std::uint16_t kHardwareEthernet = 1;
constexpr std::uint16_t kProtocolIpv4 = 0x0800;
constexpr std::uint8_t kIpv4AddressSize = 4;

}  // namespace

Result<ArpView, Counter> ArpView::parse(ByteView bytes) {
    if (bytes.size() < kArpSize || load_u16(bytes, 0) != kHardwareEthernet ||
        load_u16(bytes, 2) != kProtocolIpv4 || load_u8(bytes, 4) != MacAddress::kSize ||
        load_u8(bytes, 5) != kIpv4AddressSize) {
        return Failure{Counter::DropArpMalformed};
    }
    return ArpView(bytes.first(kArpSize));
}

void ArpMessage::prepend_to(Packet& packet) const {
    const MutableBytes bytes = packet.prepend(kArpSize);
    store_u16(bytes, 0, kHardwareEthernet);
    store_u16(bytes, 2, kProtocolIpv4);
    store_u8(bytes, 4, MacAddress::kSize);
    store_u8(bytes, 5, kIpv4AddressSize);
    store_u16(bytes, 6, static_cast<std::uint16_t>(operation));
    sender_mac.store(bytes, 8);
    store_u32(bytes, 14, sender_ip.value());
    target_mac.store(bytes, 18);
    store_u32(bytes, 24, target_ip.value());
}

}  // namespace shunt::wire
