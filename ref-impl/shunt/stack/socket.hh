// SPDX-License-Identifier: Apache-2.0
// The words of the socket layer: what a socket is called, what it can be ready for, and what can be
// set on it. docs/sockets.md tells them as one story.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "shunt/base/time.hh"
#include "shunt/tcp/congestion/state.hh"
#include "shunt/wire/ipv4_address.hh"

namespace shunt::stack {

/// Names a socket until it is closed. An index is used again, an id is not.
struct SocketId {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;

    bool operator==(const SocketId&) const = default;
};

enum class SocketKind : std::uint8_t { Tcp, Udp };

/// One end. As a local end the address 0.0.0.0 means every address of the host, and port 0 any port
/// that is free.
struct SocketAddress {
    wire::Ipv4Address address;
    std::uint16_t port = 0;

    std::string to_string() const { return address.to_string() + ":" + std::to_string(port); }
    bool operator==(const SocketAddress&) const = default;
};

/// What a call would not answer with WouldBlock now.
struct Readiness {
    bool is_readable = false;  // receive(): bytes, a datagram, or the end of the stream
    bool is_writable = false;
    bool is_acceptable = false;
    bool is_urgent = false;   // the peer has urgent data that was not read (urgent_unread())
    bool has_error = false;   // take_error() and the next call have something to tell
    bool is_hung_up = false;  // both directions are over

    bool any() const {
        return is_readable || is_writable || is_acceptable || is_urgent || has_error || is_hung_up;
    }
    /// True if something is so now that was not so `before`.
    bool rises_from(const Readiness& before) const {
        return (is_readable && !before.is_readable) || (is_writable && !before.is_writable) ||
               (is_acceptable && !before.is_acceptable) || (is_urgent && !before.is_urgent) ||
               (has_error && !before.has_error) || (is_hung_up && !before.is_hung_up);
    }
    bool operator==(const Readiness&) const = default;
};

struct ReadySocket {
    SocketId id;
    Readiness readiness;
};

/// Which direction shutdown() ends.
enum class Direction : std::uint8_t { Read, Write, Both };

/// A datagram that receive_from() has copied.
struct ReceivedDatagram {
    std::size_t size = 0;  // bytes copied
    SocketAddress from;
    /// There were more bytes; they are gone.
    bool is_truncated = false;
};

/// Nagle's algorithm is off (RFC 9293 3.7.4).
struct NoDelay {
    bool is_on = false;
    bool operator==(const NoDelay&) const = default;
};
/// An idle peer is asked whether it is there (RFC 9293 3.8.4).
struct KeepAlive {
    bool is_on = false;
    Duration idle = Duration::seconds(7'200);
    Duration interval = Duration::seconds(75);
    std::uint8_t probes_max = 9;
    bool operator==(const KeepAlive&) const = default;
};
/// What close() leaves behind: without `patience` the connection ends in its own time; with it, it
/// is reset if it has not ended by then, and at once if the patience is zero.
struct Linger {
    std::optional<Duration> patience;
    bool operator==(const Linger&) const = default;
};
/// bind() does not mind connections that are still on the port, in TIME-WAIT for one.
struct ReuseAddress {
    bool is_on = false;
    bool operator==(const ReuseAddress&) const = default;
};
/// Data that is not acknowledged for so long ends the connection (RFC 9293 3.9.1).
struct UserTimeout {
    Duration span = Duration::seconds(300);
    bool operator==(const UserTimeout&) const = default;
};
/// Bounds of the queues, in bytes; to be set before listen() or connect().
struct SendBuffer {
    std::uint32_t bytes = 0;
    bool operator==(const SendBuffer&) const = default;
};
struct ReceiveBuffer {
    std::uint32_t bytes = 0;
    bool operator==(const ReceiveBuffer&) const = default;
};
/// To be set before listen() or connect().
struct CongestionControl {
    tcp::congestion::Algorithm algorithm = tcp::congestion::Algorithm::Cubic;
    bool operator==(const CongestionControl&) const = default;
};
/// The MSS that the SYN announces; to be set before listen() or connect().
struct MaximumSegment {
    std::uint16_t bytes = 0;
    bool operator==(const MaximumSegment&) const = default;
};
/// A SYN of connect() asks for ECN (RFC 3168 6.1.1); whoever listens agrees where it is asked. To
/// be set before connect().
struct ExplicitCongestionNotification {
    bool is_asked = false;
    bool operator==(const ExplicitCongestionNotification&) const = default;
};
/// The DSCP of what is sent, 6 bits (RFC 2474).
struct DifferentiatedServices {
    std::uint8_t code_point = 0;
    bool operator==(const DifferentiatedServices&) const = default;
};

using SocketOption = std::variant<NoDelay, KeepAlive, Linger, ReuseAddress, UserTimeout, SendBuffer,
                                  ReceiveBuffer, CongestionControl, MaximumSegment,
                                  ExplicitCongestionNotification, DifferentiatedServices>;

/// Every option as it stands. Of UDP only ReuseAddress, ReceiveBuffer and DifferentiatedServices
/// mean something.
struct SocketOptions {
    NoDelay no_delay;
    KeepAlive keep_alive;
    Linger linger;
    ReuseAddress reuse_address;
    UserTimeout user_timeout;
    SendBuffer send_buffer;
    ReceiveBuffer receive_buffer;
    CongestionControl congestion_control;
    MaximumSegment maximum_segment;
    ExplicitCongestionNotification explicit_congestion_notification;
    DifferentiatedServices differentiated_services;

    bool operator==(const SocketOptions&) const = default;
};

}  // namespace shunt::stack
