// SPDX-License-Identifier: Apache-2.0
// The states of RFC 9293 3.3.2 (LISTEN is the host's, not a connection's), and what an
// application is told.
#pragma once

#include <cstdint>
#include <string_view>

namespace shunt::tcp {

enum class State : std::uint8_t {
    Closed,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
};

/// The name that RFC 9293 gives it, e.g. "FIN-WAIT-1".
std::string_view to_string(State state);

/// Both SYNs are acknowledged: everything but Closed, SynSent and SynReceived.
bool is_synchronized(State state);
/// The peer's FIN has come, with everything before it: no more can be received.
bool has_peer_finished(State state);
/// The application may still send: it has not closed, and the peer has not gone away.
bool can_send(State state);
/// A connection in this state can move to another server: every synchronized one but TIME-WAIT
/// (TCP-15).
bool can_move(State state);

/// Reported once each time it happens; the order of the list is the order of reporting.
enum class Event : std::uint8_t {
    /// The handshake is complete.
    Established,
    /// The peer has urgent data, or more of it than it said before (RFC 9293 3.8.5).
    Urgent,
    /// More of the stream can be read.
    Readable,
    /// send() takes bytes again after it took fewer than it was given.
    Writable,
    /// An ICMP error says that something of ours did not get through (RFC 9293 3.9.2.2). The
    /// connection lives on.
    Unreachable,
    /// The same octets went again as often as Config says without an acknowledgment: R1 of RFC 9293
    /// 3.8.3. The connection lives on; the route to the peer may be bad.
    Unanswered,
    /// The peer's FIN has come: after what is readable there is no more.
    PeerFinished,
    /// Orderly end, past TIME-WAIT.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// The peer did not answer for longer than Config allows.
    TimedOut,
};

std::string_view to_string(Event event);

}  // namespace shunt::tcp
