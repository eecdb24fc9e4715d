// SPDX-License-Identifier: Apache-2.0
// One TCP connection between two servers that carries control frames: what it has to send, what has
// come of the next frame, and whether it still lives. What frames mean is ControlChannels' matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/channel/frame_reader.hh"
#include "shunt/stack/socket_set.hh"
#include "shunt/wire/control_frame.hh"

namespace shunt::farm {

class Channel {
  public:
    struct Origin {
        stack::SocketId socket;
        /// Rises from one connection of this server to the next.
        std::uint64_t serial = 0;
        bool is_ours = false;  // opened by this server
        Instant begun;         // its handshake; no hello went before
    };
    enum class Reading : std::uint8_t {
        Frame,    // frame() has one
        Nothing,  // no more for now
        Over,     // the peer has ended it, or it was reset
        Broken    // its bytes are no frames (CTL-5)
    };

    explicit Channel(const Origin& origin) : origin_(origin), last_heard_(origin.begun) {
        reader_.limit(kGreetingMax);
    }

    const Origin& origin() const { return origin_; }
    /// Both hellos have come (CTL-1).
    bool is_open() const { return is_open_; }
    void open() {
        is_open_ = true;
        reader_.limit(FrameReader::kFrameMax);
    }
    /// To be closed; nothing more is read from it.
    bool is_over() const { return is_over_; }
    void finish() { is_over_ = true; }

    /// Queues a frame. Calls of objects and their results, which may be long, go in their own order
    /// behind all others: no pong waits for a megabyte of them (EP-33). False: so much waits
    /// already that there is no room (SEC-5).
    [[nodiscard]] bool queue(const wire::ControlHeader& header, ByteView body);
    /// False while so many answers wait that nothing more may be asked for. Bulk does not count:
    /// two servers that send each other much would each wait for the other to read.
    bool may_read() const { return prompt_.size < kAnswersMax; }
    /// Gives the socket what it takes.
    void flush(stack::SocketSet& sockets, Instant now);
    /// Reads up to the end of the next frame.
    Reading read(stack::SocketSet& sockets, Instant now);
    /// The frame that was read, until the next read().
    wire::ControlFrameView frame() const { return *reader_.frame(); }

    Instant last_heard() const { return last_heard_; }
    Instant last_ping() const { return last_ping_; }
    void pinged(Instant now) { last_ping_ = now; }

    /// Of frames that wait for the socket, in bytes: of each lane.
    static constexpr std::size_t kWaitingMax = 2 * std::size_t{wire::kControlLengthMax};

  private:
    struct Lane {
        std::deque<std::vector<std::uint8_t>> frames;
        std::size_t size = 0;  // in bytes
    };
    bool has_frame_to_send();

    static constexpr std::size_t kChunk = 16 * 1'024;
    static constexpr std::size_t kAnswersMax = 64 * 1'024;
    /// A hello with the longest name, and a trailer, are 328 bytes: whoever has not said which
    /// server it is makes us keep no more.
    static constexpr std::size_t kGreetingMax = 512;

    Origin origin_;
    FrameReader reader_;
    std::vector<std::uint8_t> arrived_;  // that the frame under way did not take
    std::size_t consumed_ = 0;           // of it
    Lane prompt_;
    Lane bulk_;
    std::vector<std::uint8_t> sending_;
    std::size_t sent_ = 0;  // of it
    Instant last_heard_;
    Instant last_ping_;
    bool is_open_ = false;
    bool is_over_ = false;
};

}  // namespace shunt::farm
