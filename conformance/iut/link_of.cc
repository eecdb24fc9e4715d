// SPDX-License-Identifier: Apache-2.0
#include "iut/link_of.hh"

#include <algorithm>

namespace conform {
namespace {

constexpr std::size_t kMacSize = 6;

bool is_at(ByteView frame, std::size_t offset, const MacAddress& mac) {
    const ByteView there = frame.subspan(offset, kMacSize);
    return std::equal(there.begin(), there.end(), mac.octets.begin());
}

}  // namespace

Link link_of(const Iut& iut, ByteView frame) {
    if (frame.size() < 2 * kMacSize) return Link::Front;
    if (is_at(frame, kMacSize, iut.device.back_mac)) return Link::Back;
    if (is_at(frame, kMacSize, iut.device.front_mac)) return Link::Front;
    const bool is_for_peer = std::any_of(
        iut.peers.begin(), iut.peers.end(),
        [frame](const ServerAddresses& peer) { return is_at(frame, 0, peer.back_mac); });
    return is_for_peer ? Link::Back : Link::Front;
}

}  // namespace conform
