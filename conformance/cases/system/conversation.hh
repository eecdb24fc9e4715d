// SPDX-License-Identifier: Apache-2.0
/// A client that speaks HTTP with the device, directly or through a home that the judge plays, and
/// the identifiers that go in it (system page, "Sessions").
#pragma once

#include <optional>
#include <string>

#include "cases/endpoint/moved_in.hh"
#include "pdu/http_message.hh"
#include "pdu/session_cookie.hh"

namespace conform::web {

/// A response that has come for a client.
struct Reply {
    HttpResponse head;
    Bytes body;
    std::size_t frame = 0;  ///< that completed it
};

/// Who gets a connection, as far as a client and one other server hear of it.
enum class Decision : std::uint8_t { None, Here, Elsewhere };

class Conversation {
  public:
    /// With the device, on a connection that is open.
    Conversation(Stage& stage, Client& client) : stage_(stage), client_(client) {}
    /// With the device as target: the endpoint has moved in and is released.
    Conversation(Stage& stage, endpoint::MovedIn& connection)
        : stage_(stage), client_(connection.client()), connection_(&connection) {}

    Client& client() { return client_; }

    /// In as many segments as it takes, without waiting.
    void send(ByteView bytes);
    void send(const HttpRequest& request) { send(encode(request)); }
    /// In segments of `size` bytes, as fast as the device takes them, until the last one is
    /// acknowledged, or the device says anything but that, or falls silent.
    Task<> send_much(Bytes bytes, std::size_t size);
    /// The next response, which `requirement` demands; throws Violation where none comes. One to a
    /// HEAD has no body.
    Task<Reply> reply(const char* requirement, bool has_body = true);
    /// Both: the request leaves at once.
    Task<Reply> ask(const char* requirement, const HttpRequest& request);
    /// Until the connection is decided for, `within` at most: the device acknowledges what the
    /// client has sent, or offers it to `peer`.
    Task<Decision> decision(Peer& peer, Duration within);
    /// The device has closed or reset the connection.
    bool is_over() const { return is_over_; }
    /// Of a response whose head has come and is not taken yet; nothing: there is none.
    std::optional<unsigned> status() const;

  private:
    void send_segment(const TcpSegment& segment);
    void take(const ReceivedSegment& received);

    Stage& stage_;
    Client& client_;
    endpoint::MovedIn* connection_ = nullptr;
    Bytes received_;
    std::size_t last_frame_ = 0;  ///< with text
    bool is_over_ = false;
};

/// A client of the device's, behind its handshake.
Task<Conversation> connect(Stage& stage, const ClientOffer& offer = {});

/// The endpoint of a connection to the peer's service: moved in and released.
Task<> move_in(endpoint::MovedIn& connection);

/// A request for `target`; with a value it brings that back as the session's cookie.
HttpRequest get(std::string target);
HttpRequest get(const Stage& stage, std::string target, const std::string& value);
HttpField cookie_field(const Stage& stage, const std::string& value);

/// What the device's cookies say: all that it has set in this response, or Violation of SES-1 for
/// what is none of the page's form.
std::optional<SessionId> session_set(Stage& stage, const Reply& reply);

/// A server of the farm as it would name a session of its own.
std::string value_naming(Stage& stage, std::uint32_t server);

/// It listens. `is_idle`: it has nothing to do, else it is as loaded as can be.
ServerState listening_state(const Stage& stage, const ServerAddresses& server, bool is_idle);

}  // namespace conform::web
