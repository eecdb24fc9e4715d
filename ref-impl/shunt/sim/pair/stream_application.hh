// SPDX-License-Identifier: Apache-2.0
// An application at one end of a connection: sends so much generated content, verifies that so much
// comes, and closes. When it may send is its pattern; how fast it reads is its own affair.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shunt/base/time.hh"
#include "shunt/sim/checkers/byte_stream_oracle.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::sim {

struct StreamPlan {
    std::uint64_t send_size = 0;
    std::uint64_t receive_size = 0;
    /// Bytes of a message; 0: no messages, it sends as fast as it can. Who asks sends its next
    /// message when an answer of the same size has come; who answers, when a message has.
    std::uint64_t message_size = 0;
    bool does_ask = false;
    /// Reads at most this much each `read_pause`; 0: all that there is, at once.
    std::uint64_t read_size = 0;
    Duration read_pause = Duration::milliseconds(20);
    /// Closes when its last byte is handed over; else only when it has received everything.
    bool closes_early = false;
};

class StreamApplication {
  public:
    explicit StreamApplication(const StreamPlan& plan) : plan_(plan), oracle_(plan.receive_size) {}

    /// Reads, verifies, writes and closes as far as the connection lets it. A text says what came
    /// that must not come; nothing is read after that.
    std::optional<std::string> advance(tcp::Connection& connection, Instant now);
    /// When a slow reader reads again; nothing: it waits for the connection.
    std::optional<Instant> next_read() const { return next_read_; }

    std::uint64_t received() const { return received_; }
    std::uint64_t sent() const { return sent_; }
    bool has_all() const { return oracle_.is_complete() && sent_ == plan_.send_size; }
    /// The connection ended otherwise than by both sides' FINs.
    bool is_aborted() const { return is_aborted_; }

  private:
    std::optional<std::string> read(tcp::Connection& connection, Instant now);
    void write(tcp::Connection& connection);
    std::uint64_t may_send() const;
    std::optional<std::string> handle_events(tcp::Connection& connection);

    StreamPlan plan_;
    ByteStreamOracle oracle_;
    std::uint64_t received_ = 0;
    std::uint64_t sent_ = 0;
    std::optional<Instant> next_read_;
    bool has_peer_finished_ = false;
    bool is_broken_ = false;
    bool is_aborted_ = false;
};

}  // namespace shunt::sim
