// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/early_packets.hh"

#include <utility>

namespace shunt::migrate {

bool EarlyPackets::keep(const wire::ConnectionTuple& tuple, farm::ServerId from, Packet packet,
                        Instant now) {
    if (waiting_.size() >= capacity_ || !has_room_for(tuple, packet.size())) return false;
    waiting_.push_back({tuple, from, std::move(packet), now + patience_});
    return true;
}

bool EarlyPackets::has_room_for(const wire::ConnectionTuple& tuple, std::size_t bytes) const {
    std::size_t packets = 0;
    for (const Early& early : waiting_) {
        if (early.tuple != tuple) continue;
        ++packets;
        bytes += early.packet.size();
    }
    return packets < of_tuple_.packets && bytes <= of_tuple_.bytes;
}

std::vector<Packet> EarlyPackets::take(const wire::ConnectionTuple& tuple, farm::ServerId from) {
    std::vector<Packet> taken;
    std::deque<Early> others;
    for (Early& early : waiting_) {
        if (early.tuple == tuple && early.from == from) {
            taken.push_back(std::move(early.packet));
        } else {
            others.push_back(std::move(early));
        }
    }
    waiting_ = std::move(others);
    return taken;
}

std::optional<EarlyPackets::Early> EarlyPackets::pop_expired(Instant now) {
    if (waiting_.empty() || waiting_.front().until > now) return std::nullopt;
    Early early = std::move(waiting_.front());
    waiting_.pop_front();
    return early;
}

std::optional<Instant> EarlyPackets::deadline() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.front().until;
}

}  // namespace shunt::migrate
