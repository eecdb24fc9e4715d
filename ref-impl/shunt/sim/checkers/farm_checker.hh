// SPDX-License-Identifier: Apache-2.0
// What the checkers of a farm look at: the frames of a world by the roles of who sent them, read
// once for all checkers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/ids.hh"
#include "shunt/sim/observer.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/mac_address.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::sim {

/// A member of the farm as a world knows it.
struct ServerRole {
    HostId host{};
    std::string name;
    wire::MacAddress front_mac;
    wire::MacAddress back_mac;
    std::vector<wire::Ipv4Address> services;
    /// One for each service, in the same order.
    std::vector<wire::Ipv4Address> forward_ips;
};

struct FarmRoles {
    SegmentId front{};
    SegmentId back{};
    std::uint16_t encapsulation_ether_type = 0;
    bool has_extensions = false;
    bool has_blobs = false;
    std::vector<ServerRole> servers;

    const ServerRole* server(HostId host) const;
    /// For texts; the host is a server.
    std::string_view name(HostId host) const;
    const ServerRole* server_by_back_mac(wire::MacAddress mac) const;
    const ServerRole* home_of(wire::Ipv4Address service) const;
    /// The service whose answers come to that address (SYS-2).
    std::optional<wire::Ipv4Address> service_of(wire::Ipv4Address forward_ip) const;
};

/// A TCP segment that a server sends to a client, with a service address as source.
struct ServerSegment {
    Instant time;
    HostId server{};
    wire::MacAddress source_mac;
    wire::ConnectionTuple tuple;
    wire::TcpView segment;
};

/// A TCP segment that a client sends to a service.
struct ClientSegment {
    Instant time;
    wire::ConnectionTuple tuple;
    wire::TcpView segment;
};

/// A client's TCP packet that reaches a server on the front.
struct ClientPacket {
    Instant time;
    HostId to{};
    wire::ConnectionTuple tuple;
    /// Nothing: its checksum is wrong. A home forwards it all the same (FRM-6).
    std::optional<wire::TcpView> segment;
    /// From the IPv4 header on, without padding.
    ByteView bytes;
};

/// An encapsulated frame on the back link that names a connection.
struct FarmMessage {
    Instant time;
    HostId from{};
    HostId to{};
    wire::EncapsulationType type{};
    wire::ConnectionTuple tuple;
    /// Of the attempt that it is about, where it carries an ID; else 0.
    std::uint32_t epoch = 0;
    /// Which import of an endpoint it is about (0x03, 0x11 and 0x14 of the extended set).
    std::optional<std::uint32_t> copy;
    /// Of a forwarded packet (0x02), from the IPv4 header on; else empty.
    ByteView inner_packet;
    /// Of a forwarded TCP packet.
    std::optional<wire::TcpView> inner;
};

/// For tables that are looked up and never walked. Nobody chooses tuples against a checker.
struct TupleHash {
    std::size_t operator()(const wire::ConnectionTuple& tuple) const {
        const std::uint64_t client = std::uint64_t{tuple.client.value()} << 16 | tuple.client_port;
        const std::uint64_t service =
            std::uint64_t{tuple.service.value()} << 16 | tuple.service_port;
        const std::uint64_t mixed = (client ^ service << 11) * 0x9E37'79B9'7F4A'7C15U;
        return static_cast<std::size_t>(mixed ^ mixed >> 32);
    }
};

class FarmChecker {
  public:
    FarmChecker() = default;
    FarmChecker(const FarmChecker&) = delete;
    FarmChecker& operator=(const FarmChecker&) = delete;
    virtual ~FarmChecker() = default;

    // A checker takes what its rule is about.
    virtual void server_sent(const ServerSegment&) {}
    virtual void client_sent(const ClientSegment&) {}
    virtual void client_packet_arrived(const ClientPacket&) {}
    /// `to` is the host that the frame is addressed to.
    virtual void message_sent(const FarmMessage&) {}
    virtual void message_arrived(const FarmMessage&) {}
    /// Part of a control frame, whose end is still to come.
    virtual void control_part_sent(HostId) {}
    virtual void control_part_arrived(HostId) {}
    /// An answer has come to a server that asked for an address on the front: what waited for it
    /// leaves now.
    virtual void neighbour_found(HostId, Instant) {}
    /// A server has done all that it does for now.
    virtual void server_settled(const Settling&) {}
    /// A crash has taken state of this connection: its client may be reset (EP-48), and what its
    /// servers remember begins anew.
    virtual void orphaned(const wire::ConnectionTuple&) {}
};

}  // namespace shunt::sim
