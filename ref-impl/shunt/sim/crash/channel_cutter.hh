// SPDX-License-Identifier: Apache-2.0
// What stands between a server and its control channels, and nothing else of what it sends and
// gets: a firewall that ends them, or lets nothing of them through for a while.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/base/time.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::sim {

class ChannelCutter {
  public:
    /// Of every frame of the back link, in the order in which they come and go. False: it is lost.
    bool lets_in(ByteView frame, Instant now) { return lets_through(frame, now, true); }
    bool lets_out(ByteView frame, Instant now) { return lets_through(frame, now, false); }

    void silence_until(Instant end) { silent_until_ = end; }
    /// A reset for each end of each channel, as if the other one had sent it.
    struct Resets {
        std::vector<Packet> in;
        std::vector<Packet> out;
    };
    Resets end_all();

  private:
    struct End {
        wire::Ipv4Address address;
        std::uint16_t port = 0;
        auto operator<=>(const End&) const = default;
    };
    /// One direction of a channel.
    struct Direction {
        bool is_in = false;
        wire::MacAddress source;
        wire::MacAddress destination;
        SequenceNumber next;
    };

    bool lets_through(ByteView frame, Instant now, bool is_in);

    PacketPool pool_;
    Instant silent_until_{};
    std::map<std::pair<End, End>, Direction> directions_;  // by sender and receiver
};

}  // namespace shunt::sim
