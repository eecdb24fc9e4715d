// SPDX-License-Identifier: Apache-2.0
// The verbs of TCP sockets (RFC 9293 3.9.1): listen, accept, connect, send, receive, shutdown, and
// what a socket leaves behind when it is closed.
#include <algorithm>
#include <utility>

#include "shunt/stack/socket_set.hh"
#include "shunt/tcp/initial_sequence.hh"

namespace shunt::stack {

const HostConnection* SocketSet::connection_of(const Socket& socket) const {
    return socket.connection ? &connections_.at(*socket.connection) : nullptr;
}

std::optional<ApiError> SocketSet::listen(SocketId id, std::size_t backlog) {
    Socket* socket = find(id);
    if (socket == nullptr) return ApiError::NotASocket;
    if (socket->phase == Phase::Datagram) return ApiError::NotSupported;
    if (socket->phase != Phase::Idle && socket->phase != Phase::Listening) {
        return ApiError::InvalidArgument;
    }
    if (!socket->is_bound) {
        if (const auto fault = bind(id, {})) return fault;
    }
    if (!socket->listening) socket->listening = std::make_unique<Listening>();
    socket->phase = Phase::Listening;
    socket->listening->backlog = std::clamp<std::size_t>(backlog, 1, limits_.backlog);
    return std::nullopt;
}

Result<SocketId, ApiError> SocketSet::accept(SocketId id) {
    Socket* listener = find(id);
    if (listener == nullptr) return Failure{ApiError::NotASocket};
    if (listener->phase == Phase::Datagram) return Failure{ApiError::NotSupported};
    if (!listener->listening) return Failure{ApiError::InvalidArgument};
    if (listener->listening->complete.empty()) return Failure{ApiError::WouldBlock};
    if (open_ >= limits_.sockets) return Failure{ApiError::NoBuffers};
    const Slot slot = listener->listening->complete.front();
    listener->listening->complete.pop_front();
    --listener->listening->waiting;
    const SocketOptions options = listener->options;
    note(id.index);
    const Index index = take_index(Phase::Connected);
    HostConnection& row = connections_.at(slot);
    row.listener.reset();
    row.socket = index;
    const tcp::Identity& ends = row.connection.identity();
    Socket& socket = sockets_[index];
    socket.options = options;
    socket.connection = slot;
    socket.local = {ends.local_address, ends.local_port};
    socket.remote = SocketAddress{ends.remote_address, ends.remote_port};
    note(index);
    return id_of(index);
}

/// The own address is the bound one, or else the host's first; the port the bound one, or else one
/// that makes the pair of ends a new one.
Result<tcp::Identity, ApiError> SocketSet::choose_identity(const Socket& socket,
                                                           SocketAddress remote) {
    const bool has_address = socket.is_bound && socket.local.address != wire::Ipv4Address();
    tcp::Identity ends;
    ends.local_address = has_address ? socket.local.address : host_.addresses.front();
    ends.remote_address = remote.address;
    ends.remote_port = remote.port;
    if (socket.is_bound) {
        ends.local_port = socket.local.port;
        if (connections_.find(ends)) return Failure{ApiError::AddressInUse};
        return ends;
    }
    const auto port = free_port(SocketKind::Tcp, ends.local_address);
    if (!port) return Failure{port.error()};
    ends.local_port = *port;
    return ends;
}

std::optional<ApiError> SocketSet::connect(SocketId id, SocketAddress remote, Instant now) {
    Socket* socket = find(id);
    if (socket == nullptr) return ApiError::NotASocket;
    if (socket->phase == Phase::Connecting) return ApiError::AlreadyConnecting;
    if (socket->phase == Phase::Connected) return ApiError::AlreadyConnected;
    if (socket->phase == Phase::Listening) return ApiError::NotSupported;
    if (const auto fault = fault_of_remote(remote)) return fault;
    if (socket->phase == Phase::Datagram) {
        if (!socket->is_bound) {
            if (const auto fault = bind(id, {})) return fault;
        }
        socket->remote = remote;
        return std::nullopt;
    }
    if (connections_.size() >= limits_.connections) return ApiError::NoBuffers;
    const auto ends = choose_identity(*socket, remote);
    if (!ends) return ends.error();
    auto config = config_for(socket->options);
    const tcp::Chance chance = tcp::draw_chance(sequence_key_, *ends, now);
    auto opened = tcp::Connection::connect(*config, *ends, chance, now);
    if (!opened) return ApiError::NetworkUnreachable;
    auto row = std::make_unique<HostConnection>(std::move(config), std::move(*opened));
    row->socket = id.index;
    if (const auto mtu = path_mtus_.find(remote.address, now)) row->connection.limit_path_mtu(*mtu);
    const Slot slot = connections_.insert(std::move(row));
    socket->phase = Phase::Connecting;
    socket->connection = slot;
    socket->error.reset();
    if (!socket->is_bound) socket->local = {ends->local_address, ends->local_port};
    socket->remote = remote;
    apply(slot, socket->options, now);
    return std::nullopt;
}

/// The fate that was not told yet; afterwards it was.
std::optional<ApiError> SocketSet::take_fate(Index index) {
    const auto fate = std::exchange(sockets_[index].error, std::nullopt);
    if (fate) note(index);
    return fate;
}

Result<std::size_t, ApiError> SocketSet::send(SocketId id, ByteView bytes, Instant now) {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (socket->phase != Phase::Datagram) return send_text(id, bytes, false, now);
    if (const auto fate = take_fate(id.index)) return Failure{*fate};
    if (!socket->remote) return Failure{ApiError::DestinationRequired};
    return send_datagram(id.index, bytes, *socket->remote);
}

Result<std::size_t, ApiError> SocketSet::send_urgent(SocketId id, ByteView bytes, Instant now) {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (socket->phase == Phase::Datagram) return Failure{ApiError::NotSupported};
    return send_text(id, bytes, true, now);
}

/// Of a TCP socket.
Result<std::size_t, ApiError> SocketSet::send_text(SocketId id, ByteView bytes, bool is_urgent,
                                                   Instant now) {
    const Socket* socket = find(id);
    if (const auto fate = take_fate(id.index)) return Failure{*fate};
    if (socket->phase == Phase::Connecting) return Failure{ApiError::WouldBlock};
    if (!socket->connection) return Failure{ApiError::NotConnected};
    const Slot slot = *socket->connection;
    tcp::Connection& connection = connections_.at(slot).connection;
    if (!tcp::can_send(connection.state())) return Failure{ApiError::IsShutDown};
    const std::size_t taken = is_urgent ? connection.send_urgent(bytes) : connection.send(bytes);
    settle(slot, now);
    if (taken == 0 && !bytes.empty()) return Failure{ApiError::WouldBlock};
    return taken;
}

Result<std::size_t, ApiError> SocketSet::urgent_unread(SocketId id) const {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (socket->phase == Phase::Datagram) return Failure{ApiError::NotSupported};
    const HostConnection* row = connection_of(*socket);
    if (row == nullptr) return Failure{ApiError::NotConnected};
    return row->connection.urgent_unread();
}

/// How many bytes can be read; 0: there will be no more.
Result<std::size_t, ApiError> SocketSet::readable(const Socket& socket) const {
    if (socket.phase == Phase::Connecting) return Failure{ApiError::WouldBlock};
    const HostConnection* row = connection_of(socket);
    if (row == nullptr) return Failure{ApiError::NotConnected};
    const std::size_t unread = row->connection.receive_queue_size();
    const bool is_end = socket.is_reading_over || tcp::has_peer_finished(row->connection.state());
    if (unread == 0 && !is_end) return Failure{ApiError::WouldBlock};
    return unread;
}

Result<std::size_t, ApiError> SocketSet::peek(SocketId id, MutableBytes into) const {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (socket->error) return Failure{*socket->error};
    if (socket->phase == Phase::Datagram) {
        if (socket->datagrams->empty()) return Failure{ApiError::WouldBlock};
        const ByteView bytes = socket->datagrams->front().bytes;
        const std::size_t count = std::min(bytes.size(), into.size());
        std::copy_n(bytes.begin(), count, into.begin());
        return count;
    }
    const auto unread = readable(*socket);
    if (!unread) return unread;
    const std::size_t count = std::min(*unread, into.size());
    connection_of(*socket)->connection.copy_receive_queue(into.first(count));
    return count;
}

Result<std::size_t, ApiError> SocketSet::receive(SocketId id, MutableBytes into, Instant now) {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (socket->phase == Phase::Datagram) {
        const auto datagram = receive_from(id, into);
        if (!datagram) return Failure{datagram.error()};
        return datagram->size;
    }
    if (const auto fate = take_fate(id.index)) return Failure{*fate};
    const auto count = peek(id, into);
    if (!count || *count == 0) return count;
    const Slot slot = *socket->connection;
    tcp::Connection& connection = connections_.at(slot).connection;
    for (std::size_t left = *count; left > 0;) {  // the queue is a ring
        const std::size_t piece = std::min(left, connection.readable().size());
        connection.consume(piece);
        left -= piece;
    }
    settle(slot, now);
    return count;
}

std::optional<ApiError> SocketSet::shutdown(SocketId id, Direction direction, Instant now) {
    Socket* socket = find(id);
    if (socket == nullptr) return ApiError::NotASocket;
    if (socket->phase != Phase::Connected) {
        return socket->phase == Phase::Datagram ? ApiError::NotSupported : ApiError::NotConnected;
    }
    const Slot slot = *socket->connection;
    if (direction != Direction::Read) connections_.at(slot).connection.close();
    if (direction != Direction::Write) socket->is_reading_over = true;
    settle(slot, now);
    return std::nullopt;
}

/// The socket goes, the connection stays until it is over (RFC 9293 3.10.4).
void SocketSet::leave_connection(Slot slot, const Socket& socket, bool is_reset, Instant now) {
    HostConnection& row = connections_.at(slot);
    row.socket.reset();
    const Linger& linger = socket.options.linger;
    const bool is_impatient = linger.patience && *linger.patience <= Duration::nanoseconds(0);
    if (is_reset || is_impatient || row.connection.receive_queue_size() > 0) {
        row.connection.abort();
    } else {
        row.connection.close();
        if (linger.patience) row.given_up = now + *linger.patience;
    }
    settle(slot, now);
}

/// Nobody will accept what waits.
void SocketSet::stop_listening(Index index, Instant now) {
    for (Slot slot = 0; slot < connections_.slot_end(); ++slot) {
        if (!connections_.contains(slot) || connections_.at(slot).listener != index) continue;
        connections_.at(slot).listener.reset();
        connections_.at(slot).connection.abort();
        settle(slot, now);
    }
}

}  // namespace shunt::stack
