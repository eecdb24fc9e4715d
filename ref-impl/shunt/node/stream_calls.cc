// SPDX-License-Identifier: Apache-2.0
// The calls of applications outside of the node on their streams. They never block; what cannot be
// done now is WouldBlock, and an event says when it can.
#include <algorithm>
#include <utility>

#include "shunt/node/node.hh"

namespace shunt::node {

// Not node::ApiError, which is an operator's.
using Error = stack::ApiError;

namespace {

/// What a stream begins with passes whoever looks for sessions there, and is taken whole as far as
/// there is room for what that may add.
std::size_t send_first(Streams::Stream& stream, tcp::Connection& connection, ByteView bytes) {
    const std::size_t kept = StreamSession::kFieldMax + stream.session->held();
    const std::size_t room = connection.send_capacity();
    const std::size_t taken = std::min(bytes.size(), room - std::min(room, kept));
    connection.send(stream.session->pass(bytes.first(taken)));
    if (stream.session->is_over()) stream.session.reset();
    return taken;
}

}  // namespace

/// The connection while it has a record; null: it is over.
tcp::Connection* Node::connection_of(const Streams::Stream& stream) {
    return stream.is_connected ? tables_.at(stream.slot).connection() : nullptr;
}

Result<ByteView, Error> Node::stream_readable(StreamId id) {
    const Streams::Stream* stream = streams_.find(id);
    if (stream == nullptr) return Failure{Error::NotASocket};
    if (stream->fate) return Failure{*stream->fate};
    const tcp::Connection* live = connection_of(*stream);
    const tcp::Connection* connection = live != nullptr ? live : stream->remains.get();
    if (connection == nullptr) return ByteView();
    const ByteView front = connection->readable();
    if (front.empty() && !tcp::has_peer_finished(connection->state())) {
        return Failure{Error::WouldBlock};
    }
    return front;
}

Result<std::size_t, Error> Node::stream_consume(StreamId id, std::size_t count, Instant now) {
    const auto front = stream_readable(id);
    if (!front) return Failure{front.error()};
    if (count > front->size()) return Failure{Error::InvalidArgument};
    const Streams::Stream& stream = *streams_.find(id);
    if (stream.session) stream.session->hear_client(front->first(count));
    if (tcp::Connection* connection = connection_of(stream)) {
        connection->consume(count);
        settle(stream.slot, now);
    } else if (stream.remains) {
        stream.remains->consume(count);
    }
    return count;
}

Result<tcp::Connection*, Error> Node::writable_connection(StreamId id) {
    const Streams::Stream* stream = streams_.find(id);
    if (stream == nullptr) return Failure{Error::NotASocket};
    if (stream->fate) return Failure{*stream->fate};
    tcp::Connection* connection = connection_of(*stream);
    if (connection == nullptr) return Failure{Error::NotConnected};
    if (!tcp::can_send(connection->state())) return Failure{Error::IsShutDown};
    return connection;
}

Result<std::size_t, Error> Node::stream_room(StreamId id) {
    const auto connection = writable_connection(id);
    if (!connection) return Failure{connection.error()};
    Streams::Stream& stream = *streams_.find(id);
    const std::size_t room = (*connection)->send_capacity();
    // Where so little fits at all nobody waits for a cookie's room.
    const bool has_no_place = room < streams_.room_min() + StreamSession::kFieldMax &&
                              (*connection)->send_queue_size() == 0;
    if (has_no_place && stream.session && stream.session->held() == 0) stream.session.reset();
    const std::size_t kept = stream.session ? StreamSession::kFieldMax + stream.session->held() : 0;
    if (room >= streams_.room_min() + kept) return room - kept;
    stream.is_room_wanted = true;
    return std::size_t{0};
}

Result<std::size_t, Error> Node::stream_send(StreamId id, ByteView bytes, Instant now) {
    const auto connection = writable_connection(id);
    if (!connection) return Failure{connection.error()};
    Streams::Stream& stream = *streams_.find(id);
    const std::size_t taken =
        stream.session ? send_first(stream, **connection, bytes) : (*connection)->send(bytes);
    if (taken < bytes.size()) stream.is_room_wanted = true;
    settle(stream.slot, now);
    return taken;
}

std::optional<Error> Node::stream_finish(StreamId id, Instant now) {
    const auto connection = writable_connection(id);
    if (!connection) return connection.error();
    if (auto session = std::move(streams_.find(id)->session)) {
        (*connection)->send(session->take_rest());
    }
    (*connection)->close();
    settle(streams_.find(id)->slot, now);
    return std::nullopt;
}

/// What both sides have finished, and this one has read, may end in peace; anything else is reset,
/// so that a client does not wait for an application that is gone (RFC 2525 2.17).
std::optional<Error> Node::stream_release(StreamId id, Instant now) {
    const Streams::Stream* stream = streams_.find(id);
    if (stream == nullptr) return Error::NotASocket;
    tcp::Connection* connection = connection_of(*stream);
    const Slot slot = stream->slot;
    streams_.release(id);
    if (connection == nullptr) return std::nullopt;
    const bool is_over = tcp::has_peer_finished(connection->state()) &&
                         !tcp::can_send(connection->state()) &&
                         connection->receive_queue_size() == 0;
    if (!is_over) connection->abort();
    settle(slot, now);
    return std::nullopt;
}

const farm::Listen* Node::stream_listen(StreamId id) const {
    const Streams::Stream* stream = streams_.find(id);
    return stream == nullptr ? nullptr : stream->listen;
}

}  // namespace shunt::node
