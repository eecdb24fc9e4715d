// SPDX-License-Identifier: Apache-2.0
// The session id that a TLS peer says in clear at the beginning of its stream: the client's, by
// which a home finds the server that has the session, and the server's, which issues it (SES-3; RFC
// 5246 7.4.1). Nothing is decrypted, and nothing behind the hello is looked at.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "shunt/base/bytes.hh"

namespace shunt::farm {

/// More bytes are needed.
struct IncompleteHello {};

/// The stream does not begin with such a hello, whatever else comes.
struct NoHello {};

struct TlsHello {
    /// At most 32 bytes; empty: the client has no session, or the server keeps none.
    std::vector<std::uint8_t> session_id;
    /// Of a server: it speaks TLS 1.3, where the id is an echo without meaning (RFC 8446 4.1.3).
    bool is_echo = false;
};

using ParsedHello = std::variant<IncompleteHello, NoHello, TlsHello>;

/// What a client's stream begins with. The id is there as soon as its bytes are, in however many
/// records.
ParsedHello read_client_hello(ByteView stream);

/// What a server's stream begins with. It has to be whole: its extensions say whether it is
/// TLS 1.3.
ParsedHello read_server_hello(ByteView stream);

}  // namespace shunt::farm
