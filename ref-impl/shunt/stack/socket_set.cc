// SPDX-License-Identifier: Apache-2.0
// What sockets of both kinds share: ids, addresses of their own, readiness.
#include "shunt/stack/socket_set.hh"

#include <algorithm>

#include "shunt/base/assert.hh"

namespace shunt::stack {
namespace {

SipKey draw_key(Rng& rng) {
    SipKey key;
    key.low = rng.next_u64();
    key.high = rng.next_u64();
    return key;
}

}  // namespace

SocketSet::SocketSet(const Environment& host, const SocketLimits& limits,
                     const tcp::Config& defaults, Rng rng)
    : host_(host),
      limits_(limits),
      defaults_(defaults),
      rng_(rng),
      sequence_key_(draw_key(rng_)),
      connections_(draw_key(rng_)),
      identification_(static_cast<std::uint16_t>(rng_.next_u32())) {
    SHUNT_ASSERT(!host_.addresses.empty(), "a host has an address");
}

SocketSet::Socket* SocketSet::find(SocketId id) {
    if (id.index >= sockets_.size()) return nullptr;
    Socket& socket = sockets_[id.index];
    const bool is_it = socket.phase != Phase::Free && socket.generation == id.generation;
    return is_it ? &socket : nullptr;
}

SocketKind SocketSet::kind_of(const Socket& socket) {
    return socket.phase == Phase::Datagram ? SocketKind::Udp : SocketKind::Tcp;
}

SocketSet::Index SocketSet::take_index(Phase phase) {
    if (free_.empty()) {
        free_.push_back(static_cast<Index>(sockets_.size()));
        sockets_.emplace_back();
    }
    const Index index = free_.back();
    free_.pop_back();
    sockets_[index].phase = phase;
    ++open_;
    return index;
}

void SocketSet::give_back(Index index) {
    const std::uint32_t next = sockets_[index].generation + 1;
    sockets_[index] = Socket();
    sockets_[index].generation = next;
    free_.push_back(index);
    --open_;
}

Result<SocketId, ApiError> SocketSet::open(SocketKind kind) {
    if (open_ >= limits_.sockets) return Failure{ApiError::NoBuffers};
    const bool is_tcp = kind == SocketKind::Tcp;
    const Index index = take_index(is_tcp ? Phase::Idle : Phase::Datagram);
    Socket& socket = sockets_[index];
    SocketOptions& options = socket.options;
    options.no_delay.is_on = defaults_.no_delay;
    options.keep_alive = {defaults_.keep_alive, defaults_.keep_alive_idle,
                          defaults_.keep_alive_interval, defaults_.keep_alive_probes_max};
    options.user_timeout.span = defaults_.user_timeout;
    options.send_buffer.bytes = defaults_.send_buffer_max;
    options.receive_buffer.bytes =
        is_tcp ? defaults_.receive_buffer_max : limits_.datagram_buffer_bytes;
    options.congestion_control.algorithm = defaults_.congestion_control;
    options.maximum_segment.bytes = defaults_.advertised_mss;
    options.explicit_congestion_notification.is_asked =
        defaults_.explicit_congestion_notification_asked;
    if (!is_tcp) socket.datagrams = std::make_unique<DatagramQueue>();
    note(index);
    return id_of(index);
}

std::optional<ApiError> SocketSet::close(SocketId id, Instant now) {
    Socket* socket = find(id);
    if (socket == nullptr) return ApiError::NotASocket;
    if (socket->listening) stop_listening(id.index, now);
    if (socket->connection) leave_connection(*socket->connection, *socket, false, now);
    unbind(id.index);
    give_back(id.index);
    return std::nullopt;
}

std::optional<ApiError> SocketSet::abort(SocketId id, Instant now) {
    const Socket* socket = find(id);
    if (socket == nullptr) return ApiError::NotASocket;
    if (socket->connection) {
        const Slot slot = *socket->connection;
        sockets_[id.index].connection.reset();
        leave_connection(slot, *socket, true, now);
    }
    return close(id, now);
}

Result<SocketAddress, ApiError> SocketSet::local_address(SocketId id) const {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    const HostConnection* row = connection_of(*socket);
    if (row == nullptr) {
        SocketAddress local = socket->local;
        const bool is_any = local.address == wire::Ipv4Address();
        if (socket->remote && is_any) local.address = host_.addresses.front();
        return local;
    }
    const tcp::Identity& ends = row->connection.identity();
    return SocketAddress{ends.local_address, ends.local_port};
}

Result<tcp::State, ApiError> SocketSet::state(SocketId id) const {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (socket->phase == Phase::Datagram) return Failure{ApiError::NotSupported};
    const HostConnection* row = connection_of(*socket);
    return row != nullptr ? row->connection.state() : tcp::State::Closed;
}

Result<SocketAddress, ApiError> SocketSet::remote_address(SocketId id) const {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    if (!socket->remote) return Failure{ApiError::NotConnected};
    return *socket->remote;
}

Result<bool, ApiError> SocketSet::is_listening(SocketId id) const {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    return socket->phase == Phase::Listening;
}

Result<Readiness, ApiError> SocketSet::readiness(SocketId id) const {
    const Socket* socket = find(id);
    if (socket == nullptr) return Failure{ApiError::NotASocket};
    return readiness_of(*socket);
}

Result<std::optional<ApiError>, ApiError> SocketSet::take_error(SocketId id) {
    if (find(id) == nullptr) return Failure{ApiError::NotASocket};
    return take_fate(id.index);
}

Readiness SocketSet::readiness_of(const Socket& socket) const {
    Readiness ready;
    ready.has_error = socket.error.has_value();
    if (socket.phase == Phase::Datagram) {
        ready.is_readable = ready.has_error || !socket.datagrams->empty();
        ready.is_writable = ready.has_error || outgoing_.size() < FrameQueue::kFramesMax;
        return ready;
    }
    if (socket.listening) ready.is_acceptable = !socket.listening->complete.empty();
    ready.is_readable = ready.is_writable = ready.has_error;
    const HostConnection* row = connection_of(socket);
    if (socket.phase != Phase::Connected || row == nullptr) return ready;
    const tcp::Connection& connection = row->connection;
    const bool may_send = tcp::can_send(connection.state());
    const bool is_over = tcp::has_peer_finished(connection.state());
    // A socket wakes up for more than what one acknowledgment frees.
    const tcp::Config& config = *row->config;
    const std::size_t room_min = std::min(config.send_buffer_max, config.send_buffer_floor) / 4;
    ready.is_readable =
        ready.has_error || socket.is_reading_over || is_over || connection.receive_queue_size() > 0;
    ready.is_writable = ready.has_error || !may_send || connection.send_capacity() >= room_min;
    ready.is_urgent = connection.urgent_unread() > 0;
    ready.is_hung_up = is_over && !may_send;
    return ready;
}

/// Compares what the socket is ready for with what its application knows.
void SocketSet::note(Index index) {
    Socket& socket = sockets_[index];
    const Readiness ready = readiness_of(socket);
    if (ready.rises_from(socket.told)) risen_.push(index);
    socket.told = ready;
}

void SocketSet::fail(Index index, ApiError error) {
    sockets_[index].error = error;
    note(index);
}

std::optional<ReadySocket> SocketSet::poll_ready() {
    while (const auto index = risen_.pop()) {
        const Socket& socket = sockets_[*index];
        if (socket.phase == Phase::Free) continue;
        const Readiness ready = readiness_of(socket);
        if (ready.any()) return ReadySocket{id_of(*index), ready};
    }
    return std::nullopt;
}

}  // namespace shunt::stack
