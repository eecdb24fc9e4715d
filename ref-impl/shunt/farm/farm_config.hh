// SPDX-License-Identifier: Apache-2.0
// What every server knows of its farm (SYS-3): the members and their addresses, who listens where,
// the times and the bounds. Plain values; farm.toml is read into them elsewhere
// (docs/interfaces.md names its keys).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/farm/backend_address.hh"
#include "shunt/farm/shedding_settings.hh"
#include "shunt/wire/ip_protocol.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/mac_address.hh"

namespace shunt::farm {

/// Names a server in control frames and session cookies; unique in the farm, never 0.
using ServerId = std::uint32_t;

/// What carries encapsulated frames on the back link: Ethernet frames of the farm's Type (FRM-2),
/// or UDP datagrams (FRM-3).
enum class Binding : std::uint8_t { Ethernet, Udp };

/// The protocol that moves the connections of a listener.
enum class Profile : std::uint8_t { Endpoint, Blob, Handoff };

/// When a listener selects a server (SEL-1): when the handshake is complete, or when enough of the
/// first request is here.
enum class SelectionMoment : std::uint8_t { Connect, Request };

/// How the server that keeps a session identifies itself in its first response (SES-1).
enum class SessionMode : std::uint8_t { Off, Cookie, Redirect };

struct FarmSettings {
    /// Goes into every authentication tag and key (docs/protocol/security.md).
    std::uint64_t id = 1;
    /// Type value of encapsulated frames (FRM-2): 0x88B5, or 0x0007 as the figures print it.
    std::uint16_t ethertype = 0x88B5;
    Binding binding = Binding::Ethernet;
    /// The extensions ("ext" of docs/protocol/endpoint.md) are on in the whole farm or not at all.
    bool has_extensions = false;

    bool operator==(const FarmSettings&) const = default;
};

struct Timers {
    /// When 0x01 goes, counted from the start of the attempt (EP-6).
    std::vector<Duration> connection_sends{Duration::milliseconds(0), Duration::milliseconds(50),
                                           Duration::milliseconds(150),
                                           Duration::milliseconds(350)};
    /// An attempt without 0x03 is given up, counted from its start (EP-6); 1.5 s at most.
    Duration fall_back = Duration::milliseconds(750);
    /// Progress lets an attempt go on beyond that, up to this time from its start (EP-41).
    Duration attempt_life = Duration::seconds(2);
    /// Pauses between one 0x01 of a return and its repetition, in order, and once those are used
    /// up; without an answer for the last time the endpoint is dropped (EP-46).
    std::vector<Duration> return_repeats{Duration::milliseconds(50), Duration::milliseconds(100),
                                         Duration::milliseconds(200), Duration::milliseconds(400)};
    Duration return_repeat_last = Duration::seconds(1);
    Duration return_life = Duration::seconds(60);
    /// Pauses between one 0x03 and its repetition, in order (EP-15).
    std::vector<Duration> acknowledgement_repeats{
        Duration::milliseconds(50), Duration::milliseconds(100), Duration::milliseconds(200),
        Duration::milliseconds(400), Duration::milliseconds(800)};
    /// The pause once those are used up (EP-15).
    Duration acknowledgement_repeat_last = Duration::seconds(1);
    /// A target keeps an unreleased endpoint this long after its last 0x01 (EP-15): ext, base.
    Duration unreleased_life_extended = Duration::seconds(10);
    Duration unreleased_life_base = Duration::seconds(2);
    /// The same of a copy that has come as a blob, and how long a blob waits for its answer
    /// (BL-14).
    Duration unreleased_life_blob = Duration::seconds(60);
    Duration blob_answer = Duration::seconds(5);
    /// A 0x02 of a tuple that has no endpoint waits this long for its 0x01 (EP-23).
    Duration unknown_tuple_hold = Duration::milliseconds(50);
    /// A Temporary record lives this long at most (EP-11).
    Duration temporary_life = Duration::seconds(30);
    /// From the first byte of a request to the decision, at most (SEL-5).
    Duration request_decision = Duration::milliseconds(100);
    /// From the handshake to the decision if the client says nothing (SEL-5).
    Duration request_first_byte = Duration::seconds(3);
    /// Twice the maximum segment lifetime (RFC 9293 3.4.1; EP-18, EP-31).
    Duration two_msl = Duration::seconds(60);
    /// A Forward record that no packet uses is deleted (EP-31); the second one holds once a FIN or
    /// RST of the client has passed.
    Duration forward_idle = Duration::seconds(2 * 60 * 60);
    Duration forward_idle_closing = Duration::seconds(60);
    /// An owner to which nothing has come for so long tells its home that it is there (EP-31); the
    /// second one holds once a FIN or RST of the client has come.
    Duration owner_report = Duration::seconds(600);
    Duration owner_report_closing = Duration::seconds(20);
    /// A base home does not offer a tuple to the same server again within this time, or within
    /// `two_msl` if that is longer (EP-18).
    Duration reoffer_pause_min = Duration::seconds(4);
    /// Data that a client does not acknowledge for so long ends its connection (RFC 9293 3.9.1).
    Duration user_timeout = Duration::seconds(300);
    /// Silence of a client of the gateway before it is asked whether it is there (TCP-12).
    Duration keep_alive_idle = Duration::seconds(2 * 60 * 60);
    /// A UDP flow ends this long after its client's last datagram: at its home, and later at a
    /// server that it has moved to (EP-50).
    Duration flow_idle = Duration::seconds(30);
    Duration flow_idle_target = Duration::seconds(35);

    Duration unreleased_life(bool has_extensions) const {
        return has_extensions ? unreleased_life_extended : unreleased_life_base;
    }
    Duration reoffer_pause() const { return std::max(reoffer_pause_min, two_msl); }

    bool operator==(const Timers&) const = default;
};

/// The longest time that EP-6 lets a home wait before it falls back.
inline constexpr Duration kFallBackMax = Duration::milliseconds(1'500);
/// The longest time that EP-41 lets an attempt go on by its progress.
inline constexpr Duration kAttemptLifeMax = Duration::seconds(2);

/// Bounds of tables (TAB-2), queues and buffers (SEC-5).
struct Limits {
    std::size_t temporary_entries = 16'384;
    /// Of them, those whose handshake is not complete: the backlog before SYN cookies (TCP-8). It
    /// takes half of the table at most, so that connections of cookies find room.
    std::size_t half_open_entries = 4'096;
    std::size_t local_entries = 262'144;
    std::size_t forward_entries = 1'048'576;
    std::size_t forward_connect_entries = 262'144;
    /// UDP flows of all four tables together.
    std::size_t flow_entries = 65'536;
    /// Packets of one endpoint that wait for a decision, an answer or a release (EP-5).
    std::size_t held_packets = 64;
    std::size_t held_bytes = 96 * 1024;
    /// The same, of all endpoints together (SEC-5).
    std::size_t held_packets_total = 16'384;
    /// Tuples without an endpoint whose 0x02 packets are held (EP-23).
    std::size_t unknown_tuples = 1'024;
    /// Bytes kept for endpoints whose queues are not all here yet (EP-41), and 0x12 frames that
    /// wait for their 0x01.
    std::size_t import_bytes = 64 * 1024 * 1024;
    std::size_t early_data_frames = 1'024;
    /// Offers that a base home remembers (EP-18).
    std::size_t remembered_offers = 65'536;
    /// Sessions of each kind that a server knows of, its own and those of others (SES-4).
    std::size_t sessions = 65'536;
    /// A selection by request is made with this many bytes at the latest (SEL-5).
    std::size_t request_bytes = 8 * 1024;
    std::size_t tcp_send_buffer_bytes = 1024 * 1024;
    std::size_t tcp_receive_buffer_bytes = 1024 * 1024;

    bool operator==(const Limits&) const = default;
};

/// An address on a link; the prefix says which addresses are reached there without a router.
struct LinkAddress {
    wire::Ipv4Address address;
    std::uint8_t prefix_length = 24;

    bool operator==(const LinkAddress&) const = default;
};

struct Server {
    ServerId id = 0;
    std::string name;
    LinkAddress front_ip;
    wire::MacAddress front_mac;
    /// Next hop for clients that are not on the front link (SYS-4).
    std::optional<wire::Ipv4Address> gateway;
    /// What clients connect to; this server is their home. A pure target has none.
    std::vector<wire::Ipv4Address> services;
    /// One for each service, in the same order, and at least one (SYS-2).
    std::vector<wire::Ipv4Address> forward_ips;
    LinkAddress control_ip;
    wire::MacAddress back_mac;

    bool has_service(wire::Ipv4Address address) const;
    bool has_forward_ip(wire::Ipv4Address address) const;
    /// The service whose answers come to this forward IP (SYS-2); nothing if it is not ours or
    /// belongs to none, as a pure target's.
    std::optional<wire::Ipv4Address> service_of_forward_ip(wire::Ipv4Address address) const;
    /// The forward IP to which others send what concerns `service`: at its home the one that
    /// belongs to it, at a target the first (SYS-2).
    wire::Ipv4Address forward_ip_for(wire::Ipv4Address service) const;

    bool operator==(const Server&) const = default;
};

/// Serves files and generated content.
inline constexpr std::string_view kHttpApplication = "http";
/// Goes on with long responses that kHttpApplication has begun (EP-42); it begins none.
inline constexpr std::string_view kStreamApplication = "stream";
/// Carries the bytes of each connection to a program outside of the node, and back.
inline constexpr std::string_view kGatewayApplication = "gateway";
/// Answers each datagram with the server's name and what it holds.
inline constexpr std::string_view kEchoApplication = "echo";

/// One `[[listen]]`: on every service address of the server, and for connections that move there.
struct Listen {
    std::string server;
    std::uint16_t port = 0;
    wire::TransportProtocol protocol = wire::TransportProtocol::Tcp;
    /// Name of a built-in application: kHttpApplication, kStreamApplication or
    /// kGatewayApplication; of UDP kEchoApplication.
    std::string application;
    /// What the application serves files from; empty: none.
    std::string directory;
    /// The program behind kGatewayApplication; no other application has one.
    std::optional<BackendAddress> backend;
    Profile profile = Profile::Endpoint;
    /// A blob releases its host itself, and packets follow it at once (BL-14); with Profile::Blob.
    bool is_eager = false;
    SelectionMoment selection = SelectionMoment::Connect;
    /// An operator may close it while the node runs.
    bool is_open = true;

    /// Its application can begin with a client, so that it is selected for new connections; else it
    /// only goes on with those that another one has begun.
    bool takes_new_connections() const { return application != kStreamApplication; }

    bool operator==(const Listen&) const = default;
};

/// One `[[url]]`: requests whose target begins with `prefix` go to one of the servers (SEL-2).
struct UrlRule {
    std::string prefix;
    std::vector<std::string> servers;

    bool operator==(const UrlRule&) const = default;
};

struct SessionSettings {
    /// Name of the cookie, and of a redirect's parameter: a token (RFC 6265 4.1.1).
    std::string cookie = "SHUNT";
    SessionMode mode = SessionMode::Off;
    /// How long a server knows a session that is not used (SES-4).
    Duration lifetime = Duration::seconds(3'600);

    bool operator==(const SessionSettings&) const = default;
};

/// How the state rule compares servers (SEL-3, docs/selection.md).
struct SelectionSettings {
    /// How much each figure counts; at least one of them does.
    std::uint32_t connections_weight = 1;
    std::uint32_t cpu_weight = 1;
    std::uint32_t memory_weight = 1;
    std::uint32_t bandwidth_weight = 1;
    /// A connection moves to a server whose score is better by this at least.
    std::uint32_t hysteresis = 100;
    /// Where a figure counts as half of the worst: so many connections, so much that is unused.
    std::uint64_t connections_half = 10'000;
    std::uint64_t memory_half_bytes = std::uint64_t{1} << 30;
    std::uint64_t bandwidth_half_bps = 1'000'000'000;

    bool operator==(const SelectionSettings&) const = default;
};

struct FarmConfig {
    FarmSettings farm;
    Timers timers;
    Limits limits;
    std::vector<Server> servers;
    std::vector<Listen> listens;
    std::vector<UrlRule> urls;
    SessionSettings session;
    SelectionSettings selection;
    DrainSettings drain;
    OverloadSettings overload;
    /// From `secret_file`; empty: nothing on the back link is authenticated.
    std::vector<std::uint8_t> secret;

    const Server* server_by_id(ServerId id) const;
    const Server* server_by_name(std::string_view name) const;
    /// Whose frames these are on the back link (SEC-1).
    const Server* server_by_back_mac(const wire::MacAddress& mac) const;
    const Server* server_by_forward_ip(wire::Ipv4Address address) const;
    /// Whose end of the control channel this is.
    const Server* server_by_control_ip(wire::Ipv4Address address) const;
    const Server* home_of_service(wire::Ipv4Address address) const;
    /// The server's own listener on that port, if it is open.
    const Listen* listen_of(const Server& server, std::uint16_t port,
                            wire::TransportProtocol protocol = wire::TransportProtocol::Tcp) const;
    /// How connections to that port of TCP move, whoever listens there.
    Profile profile_of(std::uint16_t port) const;
    bool has_profile(Profile profile) const;
    /// True for every front, service, forward and control IP: no client has one of them (SEC-2,
    /// SEC-12, EP-29).
    bool is_farm_address(wire::Ipv4Address address) const;

    bool operator==(const FarmConfig&) const = default;
};

}  // namespace shunt::farm
