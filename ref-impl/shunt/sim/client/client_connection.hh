// SPDX-License-Identifier: Apache-2.0
// One connection of the simulated client: asks for generated content, verifies what comes, closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/sim/client/response_reader.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::sim {

/// What a connection does, from its birth on.
struct ConnectionPlan {
    /// When its SYN is sent.
    Instant start;
    /// Sizes of the objects that it asks for, one after the other.
    std::vector<std::uint64_t> sizes;
    /// Bytes of generated content in the body of every request, which the server verifies; a
    /// request without is a GET.
    std::uint64_t upload_size = 0;
    /// All requests at once, or each when the one before is answered.
    bool is_pipelined = false;
    /// The requests behind the first one wait until so long after the start.
    Duration pause{};
    /// What it asks for comes piece by piece, and takes long.
    bool is_growing = false;
    /// The last request asks the server to close first.
    bool does_server_close = false;
};

enum class ClientFate : std::uint8_t {
    Waiting,  ///< It goes on, or has not begun.
    Served,   ///< It has all that it asked for.
    Reset,    ///< The other side has ended it.
    Silence   ///< It has given up, or was given up, without an answer.
};

class ClientConnection {
  public:
    ClientConnection(tcp::Connection connection, const ConnectionPlan& plan);

    /// To be called when the connection has changed: reads, verifies, writes, closes. A text says
    /// what the client was shown that it must not see; it then reads no further.
    std::optional<std::string> advance(Instant now);
    /// When advance() is to be called though nothing has come; nothing: only then.
    std::optional<Instant> deadline() const;

    tcp::Connection& tcp() { return tcp_; }
    const tcp::Connection& tcp() const { return tcp_; }
    /// A reset, or silence, has ended it before it was finished.
    bool is_aborted() const { return is_aborted_; }
    /// Every response has come whole, and both directions are closed.
    bool is_finished() const;
    ClientFate fate() const;
    const ResponseReader& responses() const { return reader_; }

  private:
    std::optional<std::string> handle_event(tcp::Event event);
    void write(Instant now);
    void append_request(std::size_t number);
    bool may_ask_next(Instant now) const;
    bool has_all() const { return reader_.completed() == plan_.sizes.size(); }

    tcp::Connection tcp_;
    ConnectionPlan plan_;
    ResponseReader reader_;
    std::vector<std::uint8_t> unsent_;
    std::size_t asked_ = 0;
    bool has_server_finished_ = false;
    bool has_closed_ = false;
    bool is_broken_ = false;
    bool is_aborted_ = false;
    bool is_reset_ = false;
};

}  // namespace shunt::sim
