// SPDX-License-Identifier: Apache-2.0
#include "shunt/stack/api_error.hh"

#include "shunt/base/assert.hh"

namespace shunt::stack {
namespace {

struct Names {
    std::string_view posix;
    std::string_view text;
};

Names names_of(ApiError error) {
    switch (error) {
        case ApiError::NotASocket:
            return {"EBADF", "expected the id of an open socket"};
        case ApiError::InvalidArgument:
            return {"EINVAL", "expected another value, or a socket in another state"};
        case ApiError::NotSupported:
            return {"EOPNOTSUPP", "expected a socket of another kind"};
        case ApiError::AddressInUse:
            return {"EADDRINUSE", "expected an address and port that no other socket has"};
        case ApiError::AddressNotAvailable:
            return {"EADDRNOTAVAIL", "expected an address of this host with a port left"};
        case ApiError::DestinationRequired:
            return {"EDESTADDRREQ", "expected a destination, or a socket with a peer"};
        case ApiError::NetworkUnreachable:
            return {"ENETUNREACH", "expected a destination that a route leads to"};
        case ApiError::AlreadyConnected:
            return {"EISCONN", "expected a socket without a peer"};
        case ApiError::AlreadyConnecting:
            return {"EALREADY", "expected a socket whose handshake is not under way"};
        case ApiError::NotConnected:
            return {"ENOTCONN", "expected a socket with a peer"};
        case ApiError::WouldBlock:
            return {"EWOULDBLOCK", "nothing can be done now; wait until the socket is ready"};
        case ApiError::MessageTooLong:
            return {"EMSGSIZE", "expected a shorter datagram"};
        case ApiError::NoBuffers:
            return {"ENOBUFS", "a limit of the host is reached"};
        case ApiError::IsShutDown:
            return {"EPIPE", "expected a socket that has not finished sending"};
        case ApiError::ConnectionRefused:
            return {"ECONNREFUSED", "the peer's port is closed"};
        case ApiError::ConnectionReset:
            return {"ECONNRESET", "the peer has reset the connection"};
        case ApiError::ConnectionAborted:
            return {"ECONNABORTED", "the connection was given up on this side"};
        case ApiError::TimedOut:
            return {"ETIMEDOUT", "the peer did not answer"};
    }
    assertion_failed("error", "an enumerator is one of its list", __FILE__, __LINE__);
}

}  // namespace

std::string_view describe(ApiError error) {
    return names_of(error).text;
}

std::string_view posix_name(ApiError error) {
    return names_of(error).posix;
}

}  // namespace shunt::stack
