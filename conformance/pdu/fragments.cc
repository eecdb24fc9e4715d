// SPDX-License-Identifier: Apache-2.0
#include "pdu/fragments.hh"

#include <algorithm>

#include "pdu/repair.hh"

namespace conform {
namespace {

constexpr std::size_t kTotalLength = 2;
constexpr std::size_t kIdentification = 4;
constexpr std::size_t kFlagsAndOffset = 6;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kOffsetBits = 0x1FFF;
constexpr std::size_t kUnit = 8;

std::size_t header_size_of(ByteView packet) {
    return (packet[0] & 0x0FU) * 4U;
}

}  // namespace

FragmentPlace fragment_place(const Ipv4Packet& packet) {
    const std::uint16_t field = load_u16(packet.bytes, kFlagsAndOffset);
    return {(field & kOffsetBits) * kUnit, (field & kMoreFragments) != 0};
}

ByteView ip_payload_of(ByteView packet) {
    return packet.subspan(header_size_of(packet));
}

Bytes make_fragment(ByteView packet, std::size_t from, std::size_t to) {
    const std::size_t header = header_size_of(packet);
    const bool is_last = to == packet.size() - header;
    Bytes fragment(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header));
    append(fragment, packet.subspan(header + from, to - from));
    store_u16(fragment, kTotalLength, static_cast<std::uint16_t>(fragment.size()));
    store_u16(fragment, kFlagsAndOffset,
              static_cast<std::uint16_t>(from / kUnit | (is_last ? 0 : kMoreFragments)));
    repair_ipv4_checksum(fragment, 0);
    return fragment;
}

Bytes assemble_packet(ByteView fragment, ByteView payload) {
    const auto header = fragment.first(header_size_of(fragment));
    Bytes packet(header.begin(), header.end());
    append(packet, payload);
    store_u16(packet, kTotalLength, static_cast<std::uint16_t>(packet.size()));
    store_u16(packet, kFlagsAndOffset, 0);
    repair_ipv4_checksum(packet, 0);
    return packet;
}

std::vector<Bytes> split_packet(ByteView packet, std::size_t size) {
    const std::size_t whole = ip_payload_of(packet).size();
    std::vector<Bytes> fragments;
    for (std::size_t from = 0; from < whole; from += size)
        fragments.push_back(make_fragment(packet, from, std::min(from + size, whole)));
    return fragments;
}

std::optional<Bytes> Reassembly::add(const Ipv4Packet& fragment) {
    const Key key{fragment.source, fragment.destination, fragment.protocol,
                  load_u16(fragment.bytes, kIdentification)};
    Parts& parts = datagrams_[key];
    const FragmentPlace place = fragment_place(fragment);
    const ByteView payload = ip_payload_of(fragment.bytes);
    parts.by_offset[place.offset].assign(payload.begin(), payload.end());
    if (!place.has_more) parts.size = place.offset + payload.size();
    Bytes whole;
    for (const auto& [offset, bytes] : parts.by_offset) {
        if (offset != whole.size()) return std::nullopt;
        append(whole, bytes);
    }
    if (whole.size() != parts.size) return std::nullopt;
    datagrams_.erase(key);
    return whole;
}

}  // namespace conform
