// SPDX-License-Identifier: Apache-2.0
// What a gateway's stream says of sessions at its beginning (SES-1, SES-3): an HTTP server behind
// it gets a cookie into its first response, of a TLS server the session id is read. Everything else
// passes as it is, and soon nothing of this is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/node/sessions.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::node {

class StreamSession {
  public:
    /// More than pass() ever gives beyond what it is given and what it holds: a cookie's name has
    /// 64 characters at most.
    static constexpr std::size_t kFieldMax = 512;

    /// `sessions` outlives it.
    StreamSession(Sessions& sessions, const wire::ConnectionTuple& tuple)
        : sessions_(sessions), service_(tuple.service), port_(tuple.service_port) {}

    /// What the client has sent, in order.
    void hear_client(ByteView bytes);
    /// What the backend has sent, in order: returns what goes to the client now. It keeps what it
    /// cannot judge yet, kHeldMax at most.
    std::vector<std::uint8_t> pass(ByteView bytes);
    /// What it still keeps: nothing more will come.
    std::vector<std::uint8_t> take_rest();

    /// It has nothing more to say or to hear.
    bool is_over() const { return is_over_; }
    std::size_t held() const { return held_.size(); }

  private:
    static constexpr std::size_t kRequestMax = 8 * 1024;
    static constexpr std::size_t kHeldMax = 8 * 1024;

    std::vector<std::uint8_t> pass_http();
    void read_tls(ByteView bytes);
    std::optional<Sessions::Request> read_request();

    Sessions& sessions_;
    wire::Ipv4Address service_;
    std::uint16_t port_;
    std::vector<std::uint8_t> request_;  // the beginning of what the client has sent
    std::string cookies_;                // all of that
    std::vector<std::uint8_t> held_;     // of an HTTP server: not passed on yet
    std::vector<std::uint8_t> hello_;    // of a TLS server: passed on, and not whole yet
    bool is_over_ = false;
};

}  // namespace shunt::node
