// SPDX-License-Identifier: Apache-2.0
// The application "stream": it takes over a connection in the middle of a long HTTP response, a
// download or a log that is followed, and writes the rest of it. It reads no requests: what comes
// behind the response is for an application that does, so it asks to leave then (S000 c38, c57;
// EP-42).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "shunt/node/contents.hh"
#include "shunt/node/http_response.hh"
#include "shunt/stack/conversation.hh"

namespace shunt::node {

class ResponseStream final : public stack::Conversation {
  public:
    /// Tries to leave, and the pause behind the first; each one behind it is twice as long, up to
    /// the longest. In all they take as long as a home takes to come back from a restart.
    static constexpr unsigned kTriesMax = 10;
    static constexpr Duration kPauseMin = Duration::milliseconds(50);
    static constexpr Duration kPauseMax = Duration::seconds(5);

    /// Goes on with what an HTTP application or another one of this type has left, if that is a
    /// response and its object is here too; else null. `contents` outlives it.
    static std::unique_ptr<ResponseStream> resume(Contents& contents, ByteView context);

    void advance(tcp::Connection& connection, Instant now) override;
    std::optional<Instant> wake_at() const override;
    bool asks_to_leave(Instant now) override;
    std::optional<std::vector<std::uint8_t>> context() const override;

  private:
    enum class State : std::uint8_t {
        Responding,
        Sending,  // all of it is written, and not all is with the client
        Leaving,  // the client has it, and may ask for more: that is for another application
        Closing
    };

    ResponseStream(Contents& contents, std::uint8_t flags, HttpResponse response)
        : contents_(contents), flags_(flags), response_(std::move(response)) {}
    bool respond(tcp::Connection& connection, Instant now);
    bool wait_until_sent(const tcp::Connection& connection);
    bool wait_for_a_way(tcp::Connection& connection, Instant now);

    Contents& contents_;
    std::uint8_t flags_;
    std::optional<HttpResponse> response_;  // until it is written
    State state_ = State::Responding;
    unsigned tries_ = 0;
    Instant next_try_;
};

}  // namespace shunt::node
