// SPDX-License-Identifier: Apache-2.0
// Which end is whose: binding, ports that are free, destinations that can be reached.
#include "shunt/base/assert.hh"
#include "shunt/stack/socket_set.hh"

namespace shunt::stack {
namespace {

// RFC 6335 6: the ports that nobody registers.
constexpr std::uint16_t kEphemeralFirst = 49'152;
constexpr std::uint16_t kEphemeralCount = 16'384;

}  // namespace

bool SocketSet::is_own(wire::Ipv4Address address) const {
    for (const wire::Ipv4Address own : host_.addresses)
        if (own == address) return true;
    return false;
}

/// One host's address that a route leads to, and a port. A host does not talk to itself here.
std::optional<ApiError> SocketSet::fault_of_remote(const SocketAddress& remote) const {
    const tcp::Identity ends{host_.addresses.front(), 1, remote.address, remote.port};
    if (remote.port == 0) return ApiError::InvalidArgument;
    if (tcp::open_error(ends) || host_.routes.is_broadcast(remote.address) ||
        is_own(remote.address) || !host_.routes.next_hop(remote.address)) {
        return ApiError::NetworkUnreachable;
    }
    return std::nullopt;
}

bool SocketSet::is_in_use(SocketKind kind, const SocketAddress& local, bool may_reuse) const {
    const wire::Ipv4Address any;
    for (auto at = bound_.lower_bound({kind, local.port, 0}); at != bound_.end(); ++at) {
        const auto& [other_kind, port, address] = at->first;
        if (other_kind != kind || port != local.port) break;
        if (local.address == any || address == any.value() || address == local.address.value()) {
            return true;
        }
    }
    return kind == SocketKind::Tcp && !may_reuse && connections_.has_local_port(local.port);
}

Result<std::uint16_t, ApiError> SocketSet::free_port(SocketKind kind, wire::Ipv4Address address) {
    const std::uint64_t begin = rng_.below(kEphemeralCount);
    for (std::uint64_t offset = 0; offset < kEphemeralCount; ++offset) {
        const auto port =
            static_cast<std::uint16_t>(kEphemeralFirst + (begin + offset) % kEphemeralCount);
        if (!is_in_use(kind, {address, port}, false)) return port;
    }
    return Failure{ApiError::AddressNotAvailable};
}

std::optional<ApiError> SocketSet::bind(SocketId id, SocketAddress local) {
    Socket* socket = find(id);
    if (socket == nullptr) return ApiError::NotASocket;
    const bool may_bind = socket->phase == Phase::Idle || socket->phase == Phase::Datagram;
    if (!may_bind || socket->is_bound) return ApiError::InvalidArgument;
    if (local.address != wire::Ipv4Address() && !is_own(local.address)) {
        return ApiError::AddressNotAvailable;
    }
    const SocketKind kind = kind_of(*socket);
    if (local.port == 0) {
        const auto port = free_port(kind, local.address);
        if (!port) return port.error();
        local.port = *port;
    } else if (is_in_use(kind, local, socket->options.reuse_address.is_on)) {
        return ApiError::AddressInUse;
    }
    socket->local = local;
    socket->is_bound = true;
    bound_.emplace(Binding{kind, local.port, local.address.value()}, id.index);
    return std::nullopt;
}

void SocketSet::unbind(Index index) {
    const Socket& socket = sockets_[index];
    if (!socket.is_bound) return;
    bound_.erase({kind_of(socket), socket.local.port, socket.local.address.value()});
}

/// The socket that has just this end, or else the one that has its port on every address.
std::optional<SocketSet::Index> SocketSet::bound_to(SocketKind kind,
                                                    const SocketAddress& local) const {
    auto found = bound_.find({kind, local.port, local.address.value()});
    if (found == bound_.end()) found = bound_.find({kind, local.port, 0});
    if (found == bound_.end()) return std::nullopt;
    return found->second;
}

}  // namespace shunt::stack
