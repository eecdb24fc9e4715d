// SPDX-License-Identifier: Apache-2.0
#include "playback/link_header.hh"

#include "pdu/frame.hh"

namespace conform {
namespace {

constexpr std::uint16_t kCustomerTag = 0x8100;
constexpr std::uint16_t kServiceTag = 0x88A8;
constexpr std::size_t kTypeOffset = 12;
constexpr std::size_t kTagSize = 4;

}  // namespace

bool has_vlan_tag(ByteView frame) {
    if (frame.size() < kEthernetHeaderSize + kTagSize) return false;
    const std::uint16_t type = load_u16(frame, kTypeOffset);
    return type == kCustomerTag || type == kServiceTag;
}

Bytes without_vlan_tag(ByteView frame) {
    Bytes bytes(frame.begin(), frame.end());
    if (!has_vlan_tag(frame)) return bytes;
    const auto tag = bytes.begin() + kTypeOffset;
    bytes.erase(tag, tag + kTagSize);
    return bytes;
}

}  // namespace conform
