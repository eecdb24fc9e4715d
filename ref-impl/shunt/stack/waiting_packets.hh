// SPDX-License-Identifier: Apache-2.0
// IPv4 packets that wait for the station of their next hop (RFC 1122 2.3.2.2), bounded for each
// next hop and in all.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "shunt/base/packet.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::stack {

class WaitingPackets {
  public:
    static constexpr std::size_t kPerNextHopMax = 16;
    static constexpr std::size_t kPacketsMax = 256;

    /// False if a bound is reached; the packet is gone then.
    [[nodiscard]] bool hold(wire::Ipv4Address next_hop, Packet packet) {
        if (count_ == kPacketsMax) return false;
        std::vector<Packet>& packets = by_next_hop_[next_hop];
        if (packets.size() == kPerNextHopMax) return false;
        packets.push_back(std::move(packet));
        ++count_;
        return true;
    }

    bool has(wire::Ipv4Address next_hop) const { return by_next_hop_.contains(next_hop); }
    /// All that wait for it, oldest first.
    std::vector<Packet> take(wire::Ipv4Address next_hop) {
        auto waiting = by_next_hop_.extract(next_hop);
        if (waiting.empty()) return {};
        count_ -= waiting.mapped().size();
        return std::move(waiting.mapped());
    }

  private:
    std::map<wire::Ipv4Address, std::vector<Packet>> by_next_hop_;
    std::size_t count_ = 0;
};

}  // namespace shunt::stack
