// SPDX-License-Identifier: Apache-2.0
// What an application hears of a call that cannot be done: misuse, a resource that is used up, or
// the fate of its connection. The names are those of POSIX errors, written out.
#pragma once

#include <cstdint>
#include <string_view>

namespace shunt::stack {

enum class ApiError : std::uint8_t {
    NotASocket,           // no such id: never opened, or closed since (EBADF)
    InvalidArgument,      // a value that this call cannot take (EINVAL)
    NotSupported,         // of sockets of another kind or state (EOPNOTSUPP)
    AddressInUse,         // another socket has that address and port (EADDRINUSE)
    AddressNotAvailable,  // the address is not this host's, or no port is left (EADDRNOTAVAIL)
    DestinationRequired,  // a datagram without an address, and no peer (EDESTADDRREQ)
    NetworkUnreachable,   // no route leads to the destination (ENETUNREACH)
    AlreadyConnected,     // has a peer already (EISCONN)
    AlreadyConnecting,    // its handshake is under way (EALREADY)
    NotConnected,         // has no peer (ENOTCONN)
    WouldBlock,           // not now; readiness says when (EWOULDBLOCK)
    MessageTooLong,       // a datagram that does not fit (EMSGSIZE)
    NoBuffers,            // a named limit of the host is reached (ENOBUFS)
    IsShutDown,           // sending after it was finished (EPIPE)
    ConnectionRefused,    // the peer's port is closed (ECONNREFUSED)
    ConnectionReset,      // the peer has reset it (ECONNRESET)
    ConnectionAborted,    // this side has given it up (ECONNABORTED)
    TimedOut,             // the peer does not answer (ETIMEDOUT)
};

/// For people: what was expected, in a few words.
std::string_view describe(ApiError error);

/// The POSIX name of the error, e.g. "ECONNREFUSED".
std::string_view posix_name(ApiError error);

}  // namespace shunt::stack
