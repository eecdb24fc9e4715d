// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/streams.hh"

#include <bit>
#include <utility>

namespace shunt::node {

/// Stands in the connection's record and passes on what happens there.
class StreamConversation final : public stack::Conversation {
  public:
    StreamConversation(Streams& streams, StreamId id) : streams_(streams), id_(id) {}
    StreamConversation(const StreamConversation&) = delete;
    StreamConversation& operator=(const StreamConversation&) = delete;
    ~StreamConversation() override { streams_.leave(id_); }

    void advance(tcp::Connection& connection, Instant) override {
        streams_.advance(id_, connection);
    }
    void hear(tcp::Event event) override { streams_.hear(id_, event); }
    void end(tcp::Connection&& connection) override { streams_.end(id_, std::move(connection)); }

  private:
    Streams& streams_;
    StreamId id_;
};

std::unique_ptr<stack::Conversation> Streams::open(Slot slot, const wire::ConnectionTuple& tuple,
                                                   const farm::Listen& listen, Sessions* sessions) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(streams_.size()));
        streams_.emplace_back();
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Stream& stream = streams_[index];
    stream.slot = slot;
    stream.is_open = stream.is_connected = true;
    stream.listen = &listen;
    stream.tuple = tuple;
    if (sessions != nullptr) stream.session = std::make_unique<StreamSession>(*sessions, tuple);
    const StreamId id{index, stream.generation};
    report(id, StreamEvent::Opened);
    return std::make_unique<StreamConversation>(*this, id);
}

std::optional<StreamReport> Streams::poll_event() {
    while (const auto index = reports_.pop()) {
        Stream& stream = streams_[*index];
        if (stream.events == 0) continue;  // released meanwhile
        const int first = std::countr_zero(stream.events);
        stream.events = static_cast<std::uint16_t>(stream.events & (stream.events - 1U));
        if (stream.events != 0) reports_.push(*index);
        return StreamReport{{*index, stream.generation}, static_cast<StreamEvent>(first)};
    }
    return std::nullopt;
}

void Streams::release(StreamId id) {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    const std::uint32_t next = stream->generation + 1;
    *stream = Stream();
    stream->generation = next;
    free_.push_back(id.index);
}

void Streams::report(StreamId id, StreamEvent event) {
    Stream& stream = streams_[id.index];
    stream.events = static_cast<std::uint16_t>(stream.events | 1U << static_cast<unsigned>(event));
    reports_.push(id.index);
}

void Streams::advance(StreamId id, const tcp::Connection& connection) {
    Stream* stream = find(id);
    if (stream == nullptr || !stream->is_room_wanted) return;
    if (connection.send_capacity() < room_min_) return;
    stream->is_room_wanted = false;
    report(id, StreamEvent::Writable);
}

void Streams::hear(StreamId id, tcp::Event event) {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    switch (event) {
        case tcp::Event::Readable:
            return report(id, StreamEvent::Readable);
        case tcp::Event::PeerFinished:
            return report(id, StreamEvent::PeerFinished);
        case tcp::Event::Closed:
            return report(id, StreamEvent::Closed);
        case tcp::Event::Reset:
            stream->fate = stack::ApiError::ConnectionReset;
            return report(id, StreamEvent::Reset);
        case tcp::Event::TimedOut:
            stream->fate = stack::ApiError::TimedOut;
            return report(id, StreamEvent::TimedOut);
        case tcp::Event::Established:
        case tcp::Event::Urgent:
        case tcp::Event::Writable:  // advance() knows better when it is worth while
        case tcp::Event::Unreachable:
        case tcp::Event::Unanswered:
            return;
    }
}

void Streams::end(StreamId id, tcp::Connection&& connection) {
    Stream* stream = find(id);
    if (stream == nullptr || connection.receive_queue_size() == 0) return;
    stream->remains = std::make_unique<tcp::Connection>(std::move(connection));
}

/// The record is gone. Where nobody said why, TIME-WAIT gave way to a new connection.
void Streams::leave(StreamId id) {
    Stream* stream = find(id);
    if (stream == nullptr) return;
    stream->is_connected = false;
    if (!stream->fate) report(id, StreamEvent::Closed);
}

}  // namespace shunt::node
