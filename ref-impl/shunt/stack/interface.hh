// SPDX-License-Identifier: Apache-2.0
// One link's edge: which frames are for this station, ARP and echo for the own addresses, and the
// way out for IPv4 packets. It sends what it is told to, ARP and ICMP; no table, no TCP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/deadline.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/ip/icmp_replies.hh"
#include "shunt/ip/neighbor_cache.hh"
#include "shunt/ip/reassembly.hh"
#include "shunt/stack/frame_queue.hh"
#include "shunt/stack/route_table.hh"
#include "shunt/stack/waiting_packets.hh"
#include "shunt/wire/arp.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::stack {

class Interface {
  public:
    /// An address whose station is known for good: a farm member's (IP-2).
    struct StaticNeighbor {
        wire::Ipv4Address address;
        wire::MacAddress mac;
    };

    struct Config {
        wire::MacAddress mac;
        /// Answered in ARP and ICMP echo; packets to other addresses are dropped.
        std::vector<wire::Ipv4Address> own;
        /// Own as well, but only ARP is answered: forward IPs (SYS-5).
        std::vector<wire::Ipv4Address> own_silent;
        /// Sender of own ARP requests: never a service IP (SYS-1).
        wire::Ipv4Address arp_sender;
        std::vector<Route> routes;
        std::vector<StaticNeighbor> static_neighbors;
        /// Frames of these types pass besides IPv4's; others are dropped.
        std::vector<std::uint16_t> other_types;
        /// Largest IPv4 packet, or payload of another type, in bytes.
        std::size_t mtu = 1'500;
        /// FramePort::train_max() of the link: unfinished packets of that length may leave by it.
        std::size_t train_max = 0;
    };

    /// `pool` and `counters` outlive the interface.
    Interface(Config config, PacketPool& pool, Counters& counters, Instant now);

    /// Consumes ARP, echo requests and what is not for this station. What it returns starts at its
    /// Ethernet header and is IPv4, unless `other_types` names its type: the IPv4 header is valid,
    /// the packet for an own address from an address that another host can have. Fragments for an
    /// address of `own` come out as the whole datagram (IP-1); for one of `own_silent` as they are.
    std::optional<Packet> handle_frame(Packet frame, Instant now);

    /// Sends an IPv4 packet by its destination. It may wait for an ARP answer. One that is longer
    /// than the link carries goes in fragments, unless it forbids that. What is unfinished, and
    /// more than the link finishes, is finished here.
    void send_ipv4(Packet packet, Instant now);
    /// The MAC that a frame with `payload` is from: the own one.
    wire::MacAddress sender_of(const Packet& payload, std::uint16_t type) const;
    /// Sends `payload` to one station.
    void send_to(wire::MacAddress station, std::uint16_t type, Packet payload);
    /// Negative advice of a transport: `destination` does not answer, perhaps because its next hop
    /// is gone. That one is asked for anew with the next packet (RFC 1122 3.3.1.4).
    void doubt_route_to(wire::Ipv4Address destination, Instant now);
    /// Packets wait for the MAC address of the next hop to `destination`, and will leave later.
    bool is_resolving(wire::Ipv4Address destination) const {
        const auto next_hop = routes_.next_hop(destination);
        return next_hop && waiting_.has(*next_hop);
    }
    /// Tells the sender of a datagram that nobody listens on its port (RFC 1122 4.1.3.1).
    void send_port_unreachable(const wire::Ipv4View& about, Instant now);
    /// Tells the sender of a packet that no protocol here takes it (RFC 1122 3.2.2.1).
    void send_protocol_unreachable(const wire::Ipv4View& about, Instant now);
    /// Tells the sender of a packet that must not be fragmented what its way carries, in bytes
    /// (RFC 1191 4).
    void send_fragmentation_needed(const wire::Ipv4View& about, std::uint16_t mtu, Instant now);

    /// The next frame to send, in order.
    std::optional<Packet> poll_transmit() { return outgoing_.pop(); }
    std::optional<Instant> poll_deadline() const {
        return earlier(neighbors_.poll_deadline(), reassembly_.poll_deadline());
    }
    void handle_deadline(Instant now);

    const Config& config() const { return config_; }

  private:
    std::optional<Packet> drop(Counter reason);
    std::optional<Counter> station_fault(const wire::EthernetView& ethernet) const;
    std::optional<Counter> address_fault(const wire::EthernetView& ethernet,
                                         const wire::Ipv4View& ip) const;
    bool answers_echo(wire::Ipv4Address address) const;
    bool is_own(wire::Ipv4Address address) const;

    void handle_arp(ByteView bytes, Instant now);
    std::optional<Counter> arp_fault(const wire::ArpView& arp) const;
    std::optional<Packet> handle_ipv4(Packet frame, const wire::EthernetView& ethernet,
                                      Instant now);
    std::optional<Packet> pass_up(Packet frame, const wire::Ipv4View& ip, Instant now);
    void send_within_mtu(Packet packet, wire::Ipv4Address next_hop, Instant now);

    void send_arp(const wire::ArpMessage& message, wire::MacAddress station);
    void send_due_requests();
    void send_waiting(wire::Ipv4Address next_hop, wire::MacAddress station);
    void send_reply(Result<Packet, Counter> reply, Instant now);

    Config config_;
    PacketPool& pool_;
    Counters& counters_;
    RouteTable routes_;
    ip::NeighborCache neighbors_;
    ip::IcmpReplies icmp_replies_;
    ip::Reassembly reassembly_;
    WaitingPackets waiting_;
    FrameQueue outgoing_;
};

}  // namespace shunt::stack
