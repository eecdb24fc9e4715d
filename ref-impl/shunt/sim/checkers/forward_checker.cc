// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/checkers/forward_checker.hh"

#include <fmt/format.h>

#include <algorithm>

#include "shunt/sim/trace_hash.hh"

namespace shunt::sim {

void ForwardChecker::client_packet_arrived(const ClientPacket& packet) {
    const ServerRole* home = roles_.home_of(packet.tuple.service);
    if (home == nullptr || home->host != packet.to) return;
    Packets& packets = packets_[packet.tuple];
    const std::uint64_t hash = hash_bytes(packet.bytes);
    if (packet.segment && !packet.segment->flags().syn && !packets.handshake_acknowledgment)
        packets.handshake_acknowledgment = hash;
    remember(packets.waiting, hash);
}

void ForwardChecker::message_sent(const FarmMessage& message) {
    const ServerRole* home = roles_.home_of(message.tuple.service);
    if (home == nullptr || home->host != message.from || message.inner_packet.empty()) return;
    Packets& packets = packets_[message.tuple];
    const std::uint64_t hash = hash_bytes(message.inner_packet);
    const auto found = std::ranges::find(packets.waiting, hash);
    if (found != packets.waiting.end()) {
        for (auto passed = packets.waiting.begin(); passed != found + 1; ++passed)
            remember(packets.past, *passed);
        packets.waiting.erase(packets.waiting.begin(), found + 1);
        return;
    }
    if (may_be_the_homes_own(message, packets, hash)) return;
    const bool is_late = std::ranges::find(packets.past, hash) != packets.past.end();
    log_.add(
        message.time, is_late ? "EP-9" : "EP-21",
        fmt::format("{} forwards a packet of {} that {}", home->name, message.tuple.to_string(),
                    is_late ? "came before others that it has forwarded"
                            : "is not the client's, byte for byte"));
}

// Base: the handshake acknowledgment again (EP-18), and the reset after a fall back (EP-10).
bool ForwardChecker::may_be_the_homes_own(const FarmMessage& message, const Packets& packets,
                                          std::uint64_t hash) const {
    if (roles_.has_extensions) return false;
    return packets.handshake_acknowledgment == hash ||
           (message.inner && message.inner->flags().reset);
}

void ForwardChecker::remember(std::deque<std::uint64_t>& hashes, std::uint64_t hash) {
    hashes.push_back(hash);
    if (hashes.size() > kRememberedMax) hashes.pop_front();
}

}  // namespace shunt::sim
