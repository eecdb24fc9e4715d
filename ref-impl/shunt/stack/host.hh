// SPDX-License-Identifier: Apache-2.0
// A host on one link: its edge, its routes, its sockets, as one state machine. Frames and the time
// go in; frames and the next deadline come out. What applications do is SocketSet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/rng.hh"
#include "shunt/stack/interface.hh"
#include "shunt/stack/route_table.hh"
#include "shunt/stack/socket_set.hh"
#include "shunt/tcp/config.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::stack {

class Host {
  public:
    struct Config {
        wire::MacAddress mac;
        /// At least one; a socket without an address of its own sends from the first.
        std::vector<wire::Ipv4Address> addresses;
        std::vector<Route> routes;
        /// Their stations are known for good, and nobody is asked for them.
        std::vector<Interface::StaticNeighbor> static_neighbors;
        /// Largest IPv4 packet in bytes.
        std::uint16_t mtu = 1'500;
        SocketLimits limits;
        /// What connections are made with; `mtu` and, if it is larger than that allows, the MSS
        /// follow from the link.
        tcp::Config tcp;
    };

    /// `seed` is all its chance.
    Host(const Config& config, std::uint64_t seed, Instant now);
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    SocketSet& sockets() { return sockets_; }

    void handle_frame(Packet frame, Instant now);
    void handle_deadline(Instant now);
    /// The next frame to send; call until there is none.
    std::optional<Packet> poll_transmit(Instant now);
    std::optional<Instant> poll_deadline() const;

    const Counters& counters() const { return counters_; }
    const Config& config() const { return config_; }
    /// Where frames for it may be taken from.
    PacketPool& pool() { return pool_; }

  private:
    void handle_packet(const wire::Ipv4View& ip, Instant now);

    const Config config_;
    PacketPool pool_;
    Counters counters_;
    const RouteTable routes_;
    Interface interface_;
    SocketSet sockets_;
};

}  // namespace shunt::stack
