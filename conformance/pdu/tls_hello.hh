// SPDX-License-Identifier: Apache-2.0
/// What a TLS client says first (RFC 5246 7.4.1.2, RFC 8446 4.1.2), as far as a session id goes in
/// it in clear (SES-3).
#pragma once

#include "engine/bytes.hh"

namespace conform {

struct ClientHello {
    Bytes session_id{};  ///< 32 bytes at most; empty: the client has no session
    Bytes random = Bytes(32, 0x5A);
    /// The extension supported_versions with TLS 1.3 alone.
    bool is_of_tls13 = false;
};

/// The handshake message, without records around it.
Bytes encode(const ClientHello& hello);

/// Handshake records of at most `size` bytes of the message each.
Bytes to_records(ByteView message, std::size_t size);

}  // namespace conform
