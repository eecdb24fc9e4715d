// SPDX-License-Identifier: Apache-2.0
// The cookie by which a server identifies itself to a client, and by which every server of the farm
// knows who keeps the client's session (SES-1, SES-2). A client can bring back what it was given,
// and nothing else: the tag is made with a key that only members have.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shunt/base/siphash.hh"
#include "shunt/farm/session/session_id.hh"

namespace shunt::farm {

/// The info string of its key (docs/protocol/security.md, "Derived keys").
inline constexpr std::string_view kSessionKeyInfo = "shunt-session-1";

class SessionCookie {
  public:
    /// Hex digits of a value: server id 4 bytes, number 8, tag 16.
    static constexpr std::size_t kValueSize = 56;

    /// `name` is a token of RFC 6265 4.1.1.
    SessionCookie(std::string name, SipKey key) : name_(std::move(name)), key_(key) {}

    std::string value_of(const SessionId& session) const;
    /// Nothing if it was not made with the farm's key.
    std::optional<SessionId> read(std::string_view value) const;
    /// The first genuine one of a request's cookies, "a=b; SHUNT=..": a client that has two of that
    /// name, of paths of ours and of others, sends both (RFC 6265 5.4).
    std::optional<SessionId> find(std::string_view cookies) const;
    /// The field of the response, with its line end.
    std::string field_for(const SessionId& session) const;

  private:
    SipTag tag_of(const SessionId& session) const;

    std::string name_;
    SipKey key_;
};

}  // namespace shunt::farm
