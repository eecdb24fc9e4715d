// SPDX-License-Identifier: Apache-2.0
// The body of control kind 0x31: a session, and the server that keeps it (SES-4).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"

namespace shunt::wire {

/// What the id is an id of.
enum class SessionKind : std::uint8_t { Cookie = 1, Tls = 2 };

struct SessionAnnouncement {
    SessionKind kind = SessionKind::Cookie;
    ByteView id;  // 1 to 255 bytes, of what was parsed
    std::uint32_t server = 0;
    std::uint32_t lifetime_seconds = 0;

    /// Fails unless the body is as long as it says, of a known kind, and has an id.
    static Result<SessionAnnouncement, Counter> parse(ByteView body);

    std::size_t size() const;
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const;
};

}  // namespace shunt::wire
