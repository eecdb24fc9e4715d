// SPDX-License-Identifier: Apache-2.0
// The connections of applications outside of the node: what such an application is told of each,
// once, and what is left of one whose connection is over before all of it was read. Node has the
// calls (stream_calls.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "shunt/base/ready_queue.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/migrate/connection_tables.hh"
#include "shunt/node/stream_session.hh"
#include "shunt/stack/api_error.hh"
#include "shunt/stack/conversation.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::node {

/// Names a stream until it is released; never used again within one run of a node.
struct StreamId {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;

    bool operator==(const StreamId&) const = default;
};

/// What happened to a stream; the order of the list is the order of reporting.
enum class StreamEvent : std::uint8_t {
    /// It is there: read and write at once, what came before is not reported again.
    Opened,
    /// More can be read than when reading last said WouldBlock.
    Readable,
    /// There is room again after stream_room() said that there was none.
    Writable,
    /// Behind what can be read there is no more.
    PeerFinished,
    /// Orderly end in both directions. What was not read can still be.
    Closed,
    /// The client has reset the connection.
    Reset,
    /// The client does not answer any more.
    TimedOut,
};

struct StreamReport {
    StreamId id;
    StreamEvent event = StreamEvent::Opened;
};

class Streams {
  public:
    using Slot = migrate::Slot;

    struct Stream {
        Slot slot = 0;  // of its record, while it is connected
        std::uint32_t generation = 0;
        std::uint16_t events = 0;  // bit n: the n-th StreamEvent
        bool is_open = false;      // else a free entry
        bool is_connected = false;
        bool is_room_wanted = false;
        /// How it ended, where that was no orderly end.
        std::optional<stack::ApiError> fate;
        /// Once it is not connected: what was not read.
        std::unique_ptr<tcp::Connection> remains;
        /// While its beginning may say something of sessions.
        std::unique_ptr<StreamSession> session;
        const farm::Listen* listen = nullptr;
        wire::ConnectionTuple tuple;
    };

    /// A stream counts as writable from this many free bytes of its send queue on, so that its
    /// application does not wake up for each segment that is acknowledged.
    explicit Streams(std::size_t room_min) : room_min_(room_min) {}

    /// The application's end of the connection in `slot`; `listen` outlives it, and `sessions`;
    /// null: clients get none.
    std::unique_ptr<stack::Conversation> open(Slot slot, const wire::ConnectionTuple& tuple,
                                              const farm::Listen& listen, Sessions* sessions);

    /// The next thing that happened, each stream in its turn.
    std::optional<StreamReport> poll_event();

    /// The open stream of that id, or null.
    Stream* find(StreamId id) {
        const bool is_there = id.index < streams_.size() && streams_[id.index].is_open &&
                              streams_[id.index].generation == id.generation;
        return is_there ? &streams_[id.index] : nullptr;
    }
    const Stream* find(StreamId id) const { return const_cast<Streams*>(this)->find(id); }

    /// The application has let go of it.
    void release(StreamId id);

    std::size_t room_min() const { return room_min_; }

  private:
    friend class StreamConversation;

    /// From the connection's side; each is nothing if the stream was released.
    void advance(StreamId id, const tcp::Connection& connection);
    void hear(StreamId id, tcp::Event event);
    void end(StreamId id, tcp::Connection&& connection);
    void leave(StreamId id);
    void report(StreamId id, StreamEvent event);

    std::size_t room_min_;
    std::vector<Stream> streams_;
    std::vector<std::uint32_t> free_;
    ReadyQueue reports_;
};

}  // namespace shunt::node
