// SPDX-License-Identifier: Apache-2.0
// Forwarded packets that overtook the endpoint that they belong to: kept a moment, because the
// 0x01 may be right behind (EP-23).
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/migrate/held_packets.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::migrate {

class EarlyPackets {
  public:
    struct Early {
        wire::ConnectionTuple tuple;
        farm::ServerId from;
        Packet packet;
        Instant until;
    };

    /// `capacity` packets in all; of one tuple no more than an endpoint may hold (EP-5).
    EarlyPackets(Duration patience, std::size_t capacity, HeldPackets::Limits of_tuple)
        : patience_(patience), capacity_(capacity), of_tuple_(of_tuple) {}

    /// Keeps the packet; false if there is no room.
    [[nodiscard]] bool keep(const wire::ConnectionTuple& tuple, farm::ServerId from, Packet packet,
                            Instant now);
    /// Those of the tuple that came from this server, oldest first; they leave.
    std::vector<Packet> take(const wire::ConnectionTuple& tuple, farm::ServerId from);
    /// The oldest one whose time is over; it leaves.
    std::optional<Early> pop_expired(Instant now);
    std::optional<Instant> deadline() const;
    std::size_t size() const { return waiting_.size(); }

  private:
    bool has_room_for(const wire::ConnectionTuple& tuple, std::size_t bytes) const;

    Duration patience_;
    std::size_t capacity_;
    HeldPackets::Limits of_tuple_;
    std::deque<Early> waiting_;  // in order of expiry: the patience is the same for all
};

}  // namespace shunt::migrate
