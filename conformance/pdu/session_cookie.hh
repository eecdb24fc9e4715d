// SPDX-License-Identifier: Apache-2.0
/// The value of a session cookie (system page, SES-1; security page, "Derived keys"): 56 hex digits
/// of server id, random number and tag, made and verified with the farm's secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/bytes.hh"

namespace conform {

struct SessionId {
    std::uint32_t server = 0;
    std::uint64_t number = 0;

    friend bool operator==(const SessionId&, const SessionId&) = default;
};

/// Hex digits of a value.
constexpr std::size_t kSessionValueSize = 56;
/// Bytes of its key: one of SipHash.
constexpr std::size_t kSessionKeySize = 16;

/// HKDF-SHA-256 of the farm's secret, for the purpose of session cookies.
Bytes derive_session_key(ByteView secret, std::uint64_t farm);

/// Server id and number, as they stand before the tag and as an id of 0x31.
Bytes encode(const SessionId& session);

/// SipHash-2-4 with 16 bytes of output over encode(session).
Bytes session_tag(ByteView key, const SessionId& session);

/// As a server that has the key writes it.
std::string session_value(ByteView key, const SessionId& session);

/// Absent unless `value` has 56 lower-case hex digits and the tag that belongs to them.
std::optional<SessionId> read_session_value(ByteView key, std::string_view value);

}  // namespace conform
